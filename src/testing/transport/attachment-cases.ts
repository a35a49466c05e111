import assert from 'node:assert/strict'
import { referrersTag } from '../../model/attachment-tags.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { bytesOf } from '../../streams/index.ts'
import type { Attachment, ImageDestination, ImageSource } from '../../transports/index.ts'
import { type BuiltImage, buildImage } from '../build-image.ts'
import { buildReferrer, buildSignatures } from '../build-referrer.ts'
import type { ContractCase } from '../contract.ts'
import { tarArchive } from '../tar-blocks.ts'
import type { TransportPlace } from '../transport-place.ts'

const image = buildImage({ layers: [new Uint8Array(tarArchive({ name: 'attached', body: new Uint8Array(1000) }))] })
const subject = image.root.digest
const annotations = { about: 'the image' }
const note = buildReferrer(image.root, { annotations })
const other = buildReferrer(image.root, { body: 'another note' })
const ofNote = buildReferrer(note.root, { body: 'of the note' })
const tag = `${referrersTag(subject)}.sig`

/** Of places where something can be attached to images. */
export const transportAttachmentCases: readonly ContractCase<TransportPlace>[] = [
  [
    'what is attached is found at the source, with what a list says of it, and at the destination',
    async ({ source, destination }) => {
      await using to = await destination()
      if (to.attach === undefined) return
      assert.deepEqual(await attachedTo(to, subject), [])
      await writeImage(to, async () => {
        await attach(to, subject, note)
        await attach(to, note.root.digest, ofNote)
        await attach(to, subject, other)
        await attach(to, subject, buildSignatures('payload', ['a']), tag)
        assert.equal(await to.current(), undefined)
      })
      await using from = await source()
      for (const place of [from, to]) {
        assert.deepEqual(
          sorted(await attachedTo(place, subject)),
          sorted([
            { by: 'referrer', digest: note.root.digest, annotations },
            { by: 'referrer', digest: other.root.digest },
            { by: 'tag', tag, digest: buildSignatures('payload', ['a']).root.digest },
          ]),
        )
        assert.deepEqual(await attachedTo(place, note.root.digest), [{ by: 'referrer', digest: ofNote.root.digest }])
        assert.deepEqual(await attachedTo(place, ofNote.root.digest), [])
      }
      assert.equal((await from.resolve()).digest, subject)
    },
  ],

  [
    'attached twice is attached once, and a tag stands for what came last',
    async ({ source, destination }) => {
      await using to = await destination()
      if (to.attach === undefined) return
      await writeImage(to, async () => {
        for (const signature of ['a', 'b']) await attach(to, subject, buildSignatures('payload', [signature]), tag)
        for (const one of [note, note]) await attach(to, subject, one)
      })
      await using from = await source()
      assert.deepEqual(
        sorted(await attachedTo(from, subject)),
        sorted([
          { by: 'referrer', digest: note.root.digest, annotations },
          { by: 'tag', tag, digest: buildSignatures('payload', ['b']).root.digest },
        ]),
      )
    },
  ],

  [
    'what several attach at once is all attached',
    async ({ destination }) => {
      await using to = await destination()
      const { attach: attaches } = to
      if (attaches === undefined) return
      const notes = ['1', '2', '3', '4', '5'].map(body => buildReferrer(image.root, { body }))
      await Promise.all(notes.map(one => attach(to, subject, one)))
      assert.deepEqual(
        (await attachedTo(to, subject)).map(({ digest }) => digest).sort(),
        notes.map(({ root }) => root.digest).sort(),
      )
    },
  ],
]

async function attach(to: ImageDestination, of: Digest, { root, blobs }: BuiltImage, name?: string): Promise<void> {
  const bytes = blobs.get(root.digest) ?? new Uint8Array()
  const manifest = parseManifest(bytes)
  for (const child of childrenOf(manifest)) {
    if (!(await to.has(child))) await to.push(child, bytesOf(blobs.get(child.digest) ?? new Uint8Array()))
  }
  const { artifactType, annotations: said } = manifest
  const node = {
    ...root,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(said === undefined ? {} : { annotations: said }),
  }
  await to.attach?.(of, name === undefined ? { by: 'referrer', node } : { by: 'tag', tag: name, node: root }, bytes)
}

async function writeImage(to: ImageDestination, before: () => Promise<void>): Promise<void> {
  const bytes = (digest: Digest) => image.blobs.get(digest) ?? new Uint8Array()
  for (const child of childrenOf(parseManifest(bytes(subject)))) await to.push(child, bytesOf(bytes(child.digest)))
  await before()
  await to.commit(image.root, bytes(subject), { force: false, imageBytes: 1 })
}

async function attachedTo(place: ImageSource | ImageDestination, of: Digest) {
  const found: Attachment[] = []
  for await (const one of place.attachments?.(of) ?? []) found.push(one)
  return found.map(one => ({
    by: one.by,
    ...(one.by === 'tag' ? { tag: one.tag } : {}),
    digest: one.node.digest,
    ...(one.node.annotations === undefined ? {} : { annotations: one.node.annotations }),
  }))
}

function sorted<T extends { readonly digest: Digest }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => (digestParts(a.digest).hex < digestParts(b.digest).hex ? -1 : 1))
}
