import { expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { buildImage } from '../../testing/build-image.ts'
import { memorySource } from '../../testing/memory-image.ts'
import type { ImageSource } from '../../transports/index.ts'
import { createManifestReader } from '../manifest-reader.ts'
import { type SignatureSearch, signaturesOf } from './signatures-of.ts'

const image = buildImage()
const type = 'application/vnd.dev.cosign.simplesigning.v1+json'

const all = (source: ImageSource, search: SignatureSearch = {}) =>
  Array.fromAsync(signaturesOf(source, createManifestReader(source), image.root.digest, search, undefined))

test('one that has no known form is an error among the others', async () => {
  const bytes = [Buffer.from('\0other\n{}'), Buffer.from([0x90])]
  const signatures = await all({ ...memorySource(image), signatures: async () => bytes })
  expect(signatures).toEqual([
    expect.objectContaining({ code: 'bad-manifest' }),
    { format: 'simple', bytes: Buffer.from([0x90]) },
  ])
})

test.each([
  [limits.signatures, true],
  [limits.signatures + 1, false],
])('%d are read: %s', async (count, taken) => {
  const source: ImageSource = {
    ...memorySource(image),
    signatures: async () => Array.from({ length: count }, () => Buffer.from([0x90])),
  }
  const reading = all(source)
  if (taken) expect((await reading).length).toBe(count)
  else await expect(reading).rejects.toMatchObject({ code: 'too-large' })
})

test.each([
  [limits.signatureBytes, true],
  [limits.signatureBytes + 1, false],
])('a payload of %d bytes is read: %s', async (size, taken) => {
  const payload = Buffer.alloc(size)
  const digest = digestOf(payload)
  const attached = buildImage({ manifest: { layers: [{ mediaType: type, digest, size }] } })
  const blobs = new Map([...image.blobs, ...attached.blobs, [digest, payload] as const])
  const reading = all({
    ...memorySource({ root: image.root, blobs }),
    async *attachments() {
      yield { by: 'tag', tag: `${image.root.digest.replace(':', '-')}.sig`, node: attached.root }
    },
  })
  if (taken) expect(await reading).toMatchObject([{ format: 'sigstore', mediaType: type }])
  else await expect(reading).rejects.toMatchObject({ code: 'too-large' })
})

test.each<[string, boolean | undefined, SignatureSearch, number]>([
  ['always', undefined, {}, 1],
  ['always, whatever registries.d has', false, {}, 1],
  ['where registries.d has it', true, { sigstoreAttachments: 'configured' }, 1],
  ['not where it has not', false, { sigstoreAttachments: 'configured' }, 0],
  ['not where it cannot', undefined, { sigstoreAttachments: 'configured' }, 0],
])("cosign's image is read %s", async (_, configured, search, count) => {
  const payload = Buffer.from('{}')
  const layer = { mediaType: type, digest: digestOf(payload), size: payload.length }
  const attached = buildImage({ manifest: { layers: [layer] } })
  const blobs = new Map([...image.blobs, ...attached.blobs, [layer.digest, payload] as const])
  const source: ImageSource = {
    ...memorySource({ root: image.root, blobs }),
    ...(configured === undefined ? {} : { sigstoreAttachments: async () => configured }),
    async *attachments() {
      yield { by: 'tag', tag: `${image.root.digest.replace(':', '-')}.sig`, node: attached.root }
    },
  }
  expect((await all(source, search)).length).toBe(count)
})
