import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { type BuiltImage, buildImage } from '../../testing/build-image.ts'
import { buildReferrer } from '../../testing/build-referrer.ts'
import { memorySource } from '../../testing/memory-image.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import { createManifestReader } from '../manifest-reader.ts'
import { findAttachments } from './find-attachments.ts'

const image = buildImage()
const referrer = (node: BuiltImage['root']): Attachment => ({ by: 'referrer', node })

/** A source whose manifests are those of the images, and which lists what it is told. */
function sourceOf(images: readonly BuiltImage[], listed: (subject: Digest) => readonly Attachment[]): ImageSource {
  const blobs = new Map(images.flatMap(({ blobs }) => [...blobs]))
  return {
    ...memorySource({ root: image.root, blobs }),
    async *attachments(subject) {
      yield* listed(subject)
    },
  }
}

async function search(source: ImageSource, warnings: string[] = []) {
  const reader = createManifestReader(source)
  const listen = (event: { type: string; message?: string }) => void warnings.push(event.message ?? event.type)
  return await findAttachments([image.root.digest], { source, reader, listen, signal: undefined })
}

const note = buildReferrer(image.root, { artifactType: 'application/vnd.example.note' })
const listing =
  (...attachments: readonly Attachment[]) =>
  (subject: Digest) =>
    subject === image.root.digest ? attachments : []

test('what a list says of an attachment is not believed, its manifest is', async () => {
  const said = { ...note.root, artifactType: 'application/vnd.dev.cosign.artifact.sig', annotations: { a: 'lie' } }
  const found = await search(sourceOf([note], listing(referrer(said))))
  expect(found.map(({ attachment }) => attachment.node)).toEqual([
    { ...note.root, artifactType: 'application/vnd.example.note' },
  ])
})

describe('an error that says how to do without:', () => {
  const elsewhere = buildReferrer(buildImage({ platform: 'linux/arm64' }).root)
  const damaged = {
    ...note,
    blobs: new Map([[note.root.digest, new TextEncoder().encode('{}'.padEnd(note.root.size))]]),
  }
  const broken = new LadingError('network', 'it broke off')

  test.each<[string, ImageSource, string]>([
    ['one that belongs to something else', sourceOf([elsewhere], listing(referrer(elsewhere.root))), 'bad-manifest'],
    ['one without a subject', sourceOf([image], listing(referrer(image.root))), 'bad-manifest'],
    ['one of other bytes', sourceOf([damaged], listing(referrer(note.root))), 'digest-mismatch'],
    ['one of another size', sourceOf([note], listing(referrer({ ...note.root, size: 1 }))), 'size-mismatch'],
    ['one that is not there', sourceOf([], listing(referrer(note.root))), 'blob-not-found'],
    ['one that is no manifest', sourceOf([], listing(referrer({ ...note.root, kind: 'blob' }))), 'bad-manifest'],
    [
      'a list that breaks off',
      sourceOf([], () => {
        throw broken
      }),
      'network',
    ],
  ])('%s', async (_, source, code) => {
    await expect(search(source)).rejects.toMatchObject({ code, hint: expect.stringContaining('--no-referrers') })
  })
})

test.each(['denied', 'unauthorized'] as const)('who may not look is warned once: %s', async code => {
  const warnings: string[] = []
  const source = sourceOf([], () => {
    throw new LadingError(code, 'not for you')
  })
  expect(await search(source, warnings)).toEqual([])
  expect(warnings).toEqual([expect.stringContaining('not for you')])
})

test('what refers to itself in a circle is found once', async () => {
  const second = buildReferrer(note.root, { body: 'of the note' })
  const source = sourceOf([note, second], subject =>
    subject === note.root.digest
      ? [referrer(second.root)]
      : subject === image.root.digest
        ? [referrer(note.root)]
        : [
            // a tag says nothing of a subject, so it can lead back
            { by: 'tag', tag: 'sha256-x.sig', node: note.root },
          ],
  )
  expect((await search(source)).map(({ depth }) => depth)).toEqual([0, 1, 2])
})

test('attachments of attachments end', async () => {
  const chain = [note]
  for (let depth = 1; depth <= limits.attachmentDepth + 1; depth++) {
    const [last = note] = chain.slice(-1)
    chain.push(buildReferrer(last.root, { body: `at ${depth}` }))
  }
  const source = (length: number) =>
    sourceOf(chain, subject => {
      const at = chain.findIndex(({ root }) => root.digest === subject)
      const next = chain.slice(0, length)[at + 1]
      return next === undefined ? [] : [referrer(next.root)]
    })
  expect(await search(source(limits.attachmentDepth + 1))).toHaveLength(limits.attachmentDepth + 1)
  await expect(search(source(limits.attachmentDepth + 2))).rejects.toMatchObject({ code: 'too-large' })
})

test('so many are taken and no more', async () => {
  const tags = (count: number): Attachment[] =>
    Array.from({ length: count }, (_, at) => ({ by: 'tag', tag: `sha256-${at}.sig`, node: note.root }))
  const source = (count: number) => sourceOf([note], listing(...tags(count)))
  expect(await search(source(limits.attachments))).toHaveLength(limits.attachments)
  await expect(search(source(limits.attachments + 1))).rejects.toMatchObject({ code: 'too-large' })
})
