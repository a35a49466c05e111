import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { referrersTag } from '../../model/attachment-tags.ts'
import type { Digest } from '../../model/digest.ts'
import {
  attachedAt,
  image,
  note,
  noteOfSbom,
  platformNode,
  putAttachedImage,
  putImage,
  sbom,
  subjects,
  tagOf,
} from '../../testing/attached-image.ts'
import { buildImage } from '../../testing/build-image.ts'
import { buildReferrer, buildSignatures } from '../../testing/build-referrer.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { copyImage } from '../copy-image.ts'
import { deleteImage } from '../delete-image.ts'
import { inspectImage } from '../inspect-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-flaws-'))
afterAll(() => rm(folder, { recursive: true }))
let made = 0
const newFolder = () => path.join(folder, String(made++))

let registry: FakeRegistry
beforeEach(async () => {
  registry = await startFakeRegistry()
  putAttachedImage(registry, 'app')
  return async () => await registry[Symbol.asyncDispose]()
})

test('the name is written when everything is attached', async () => {
  await using to = await startFakeRegistry()
  await copyImage(`${registry.host}/app:v1`, `${to.host}/app:v1`)
  const puts = to.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'))
  expect(puts.at(-1)?.path).toBe('/v2/app/manifests/v1')
  for (const { root } of [sbom, note, noteOfSbom])
    expect(puts.some(({ path }) => path.endsWith(root.digest))).toBe(true)
})

test('where something that is attached is broken, the name is not written', async () => {
  const { root } = note
  const repository = registry.repository('app')
  repository.manifests.set(root.digest, { mediaType: root.mediaType, bytes: new Uint8Array(root.size) })
  registry.quirks.noReferrers = true
  const list = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [root] }))
  repository.addManifest('application/vnd.oci.image.index.v1+json', list, referrersTag(image.root.digest))
  await using to = await startFakeRegistry()
  const copy = (referrers: boolean) => copyImage(`${registry.host}/app:v1`, `${to.host}/app:v1`, { referrers })
  await expect(copy(true)).rejects.toMatchObject({
    code: 'digest-mismatch',
    side: 'source',
    hint: expect.stringContaining('--no-referrers'),
  })
  expect(to.repository('app').tags.size).toBe(0)
  await copy(false)
  expect([...to.repository('app').tags.keys()]).toEqual(['v1'])
})

test('where a blob of something that is attached is not there, the name is not written', async () => {
  const [layer] = [...note.blobs.keys()].filter(
    digest => Buffer.from(note.blobs.get(digest) ?? []).toString() === 'a note',
  )
  registry.repository('app').blobs.delete(layer as Digest)
  const place = `local://${newFolder()}//app:v1`
  await expect(copyImage(`${registry.host}/app:v1`, place)).rejects.toMatchObject({
    code: 'blob-not-found',
    side: 'source',
    hint: expect.stringContaining('--no-referrers'),
  })
  await expect(inspectImage(place)).rejects.toMatchObject({ code: 'image-not-found' })
})

test('a registry that does not take what is attached is told of, and the image is not tried in another format', async () => {
  const docker = 'application/vnd.docker.distribution.manifest.v2+json'
  const plain = buildImage({ manifest: { mediaType: docker } })
  const repository = registry.repository('docker')
  for (const [digest, bytes] of plain.blobs) repository.blobs.set(digest, bytes)
  repository.addManifest(docker, plain.blobs.get(plain.root.digest) ?? new Uint8Array(), 'v1')
  putImage(registry, 'docker', buildReferrer({ ...plain.root, mediaType: docker }))
  await using to = await startFakeRegistry({ quirks: { refusedManifestTypes: [note.root.mediaType] } })
  await expect(copyImage(`${registry.host}/docker:v1`, `${to.host}/app:v1`)).rejects.toMatchObject({
    code: 'manifest-refused',
    side: 'destination',
    operation: 'attach',
    hint: expect.stringContaining('--no-referrers'),
  })
  expect(to.repository('app').tags.size).toBe(0)
})

test('a place that keeps images alone is told what is left', async () => {
  const { attachments } = await copyImage(`${registry.host}/app:v1`, `dir:${newFolder()}`)
  const all = attachments?.leftOut ?? []
  expect(all.reduce((sum, { signatures, sboms, others }) => sum + signatures + sboms + others, 0)).toBe(4)
  expect(attachments?.copied.signatures).toBe(0)
})

test('a place that keeps no manifests is not asked about', async () => {
  const linux = { platforms: [{ os: 'linux', architecture: 'amd64' }] }
  registry.requests.length = 0
  const { attachments } = await copyImage(`${registry.host}/app:v1`, `docker-archive:${newFolder()}:app:v1`, linux)
  expect(attachments).toBeUndefined()
  expect(registry.requests.some(({ path }) => path.includes('referrers'))).toBe(false)
})

test('what belongs to a manifest that is written anew does not come, and is told', async () => {
  await using to = await startFakeRegistry()
  const { attachments, digest } = await copyImage(`${registry.host}/app:v1`, `${to.host}/app:v1`, { format: 'v2s2' })
  expect(attachments).toEqual({
    copied: { signatures: 0, attestations: 0, sboms: 0, others: 0 },
    present: { signatures: 0, attestations: 0, sboms: 0, others: 0 },
    leftOut: expect.arrayContaining([
      { subject: image.root.digest, signatures: 1, attestations: 0, sboms: 0, others: 1 },
      { subject: platformNode.digest, signatures: 0, attestations: 0, sboms: 1, others: 0 },
    ]),
  })
  expect(await attachedAt(`${to.host}/app:v1`, [...subjects, digest])).toEqual([])
})

test('of one platform what is attached to it comes', async () => {
  await using to = await startFakeRegistry()
  const platforms = [{ os: 'linux', architecture: 'amd64' }]
  const { attachments } = await copyImage(`${registry.host}/app:v1`, `${to.host}/app:v1`, { platforms })
  expect(attachments).toMatchObject({
    copied: { sboms: 1, others: 1, signatures: 0 },
    leftOut: [{ subject: image.root.digest, signatures: 1, others: 1 }],
  })
  expect(await attachedAt(`${to.host}/app:v1`, subjects)).toHaveLength(2)
})

test('a dry run shows it and writes nothing', async () => {
  const at = newFolder()
  const { attachments, plan } = await copyImage(`${registry.host}/app:v1`, `oci:${at}:v1`, { dryRun: true })
  expect(attachments?.copied).toEqual({ signatures: 1, attestations: 0, sboms: 1, others: 2 })
  expect(plan?.find(({ digest }) => digest === note.root.digest)).toMatchObject({ kind: 'manifest', action: 'copy' })
  await expect(readdir(at)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('out of an archive that comes once', async () => {
  const archive = newFolder()
  await copyImage(`${registry.host}/app:v1`, `oci-archive:${archive}:v1`)
  await writeFile(`${archive}.gz`, gzipSync(await readFile(archive)))
  await using to = await startFakeRegistry()
  await copyImage(`oci-archive:${archive}.gz:v1`, `${to.host}/app:v1`)
  expect(await attachedAt(`${to.host}/app:v1`, subjects)).toEqual(await attachedAt(`${registry.host}/app:v1`, subjects))
})

test('where nothing is attached, four questions for each manifest are all that it costs', async () => {
  await using bare = await startFakeRegistry()
  putImage(bare, 'app', image, 'v1')
  const asked = async (referrers: boolean, place: string) => {
    bare.requests.length = 0
    await copyImage(`${bare.host}/app:v1`, place, { referrers })
    return bare.requests.length
  }
  const [with_, without] = [newFolder(), newFolder()]
  expect(await asked(true, `oci:${with_}:v1`)).toBe((await asked(false, `oci:${without}:v1`)) + 3 * 4)
  await using to = await startFakeRegistry()
  await asked(true, `${to.host}/app:v1`)
  to.requests.length = 0
  // again, one question for the name and four for its root; nothing is asked of the destination
  expect(await asked(true, `${to.host}/app:v1`)).toBe(1 + 4)
  expect(to.requests).toHaveLength(1)
})

test('an image is described with what is attached to it, where that is wanted', async () => {
  const { attached = [] } = await inspectImage(`${registry.host}/app:v1`, { referrers: true })
  expect(attached.map(({ subject, kind, tag }) => [subject, kind, tag !== undefined]).sort()).toEqual(
    [
      [image.root.digest, 'other', false],
      [image.root.digest, 'signature', true],
      [platformNode.digest, 'sbom', false],
      [sbom.root.digest, 'other', false],
    ].sort(),
  )
  expect(await inspectImage(`${registry.host}/app:v1`)).not.toHaveProperty('attached')
  registry.repository('app').blobs.clear()
  registry
    .repository('app')
    .manifests.set(note.root.digest, { mediaType: note.root.mediaType, bytes: new Uint8Array(2) })
  registry.quirks.noReferrers = true
  const list = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [note.root] }))
  registry
    .repository('app')
    .addManifest('application/vnd.oci.image.index.v1+json', list, referrersTag(image.root.digest))
  const broken = await inspectImage(`${registry.host}/app:v1`, { referrers: true })
  expect(broken).toMatchObject({ attached: [], attachedProblem: expect.any(String) })
})

test.each([
  ['a bucket', () => `local://${newFolder()}//app:v1`],
  ['a layout', () => `oci:${newFolder()}:v1`],
])('signatures that several copy into %s at once are all there', async (_, placeOf) => {
  const place = placeOf()
  const signers = ['1', '2', '3', '4']
  await Promise.all(
    signers.map(async signer => {
      await using from = await startFakeRegistry()
      putImage(from, 'app', image, 'v1')
      putImage(from, 'app', buildSignatures('the payload', [signer]), tagOf(image.root.digest, 'sig'))
      await copyImage(`${from.host}/app:v1`, place)
    }),
  )
  await using back = await startFakeRegistry()
  await copyImage(place, `${back.host}/back:v1`)
  const { tags, manifests } = back.repository('back')
  const { bytes = new Uint8Array() } = manifests.get(tags.get(tagOf(image.root.digest, 'sig')) ?? 'sha256:') ?? {}
  const { layers } = JSON.parse(Buffer.from(bytes).toString())
  expect(layers.map((layer: { annotations: object }) => Object.values(layer.annotations)[0]).sort()).toEqual(signers)
})

test('what is attached to an image goes out of a layout with it, and with no other', async () => {
  const at = newFolder()
  await copyImage(`${registry.host}/app:v1`, `oci:${at}:v1`)
  await copyImage(`${registry.host}/app:v1`, `oci:${at}:v2`)
  const platforms = [{ os: 'linux', architecture: 'amd64' }]
  await copyImage(`${registry.host}/app:v1`, `oci:${at}:amd64`, { platforms })
  await deleteImage(`oci:${at}:v1`)
  expect(await attachedAt(`oci:${at}:v2`, subjects)).toHaveLength(4)
  await deleteImage(`oci:${at}:v2`)
  // the SBOM of one platform, and what is attached to that
  expect(await attachedAt(`oci:${at}`, subjects)).toHaveLength(2)
  await deleteImage(`oci:${at}`)
  expect(JSON.parse(await readFile(path.join(at, 'index.json'), 'utf8')).manifests).toEqual([])
  await expect(readdir(path.join(at, 'blobs/sha256'))).rejects.toMatchObject({ code: 'ENOENT' })
})
