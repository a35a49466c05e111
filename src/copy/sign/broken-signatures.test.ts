import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Digest, digestOf } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { ociManifest } from '../../model/media-types.ts'
import { buildImage } from '../../testing/build-image.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { writeLayout } from '../../testing/write-layout.ts'
import { copyImage } from '../copy-image.ts'
import { signImage } from './sign-image.ts'
import { verifyImage } from './verify-image.ts'

const layout = await mkdtemp(path.join(tmpdir(), 'lading-broken-'))
afterAll(() => rm(layout, { recursive: true }))
await writeLayout(layout, { v1: buildImage() })
const [a, pubA] = [{ keys: ['env://A'] }, { keys: ['env://A_PUB'] }]
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

let registry: FakeRegistry
let place: string
let digest: Digest
beforeEach(async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  vi.stubEnv('A', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  vi.stubEnv('A_PUB', publicKey.export({ format: 'pem', type: 'spki' }).toString())
  registry = await startFakeRegistry()
  place = `${registry.host}/app:v1`
  digest = (await copyImage(`oci:${layout}:v1`, place)).digest
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await registry[Symbol.asyncDispose]()
})

/** Whoever may write to the registry can do this. */
function attach(bundle: Buffer, change: object = {}): void {
  const { blobs, manifests } = registry.repository('app')
  const empty = Buffer.from('{}')
  for (const blob of [empty, bundle]) blobs.set(digestOf(blob), blob)
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType: bundleType,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(empty), size: 2 },
    layers: [{ mediaType: bundleType, digest: digestOf(bundle), size: bundle.length }],
    subject: { mediaType: ociManifest, digest, size: manifests.get(digest)?.bytes.length },
    ...change,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  manifests.set(digestOf(bytes), { mediaType: ociManifest, bytes })
}

const large = Buffer.alloc(limits.manifestBytes + 1, 'x')

test('an attestation is no signature, however large it is', async () => {
  await signImage(place, a)
  const attestation = { 'dev.sigstore.bundle.predicateType': 'https://cosign.sigstore.dev/attestation/v1' }
  attach(Buffer.from('{}'), { annotations: attestation })
  attach(large, { annotations: attestation })
  expect(await verifyImage(place, pubA)).toMatchObject({ verified: true, signatures: [{ valid: true }] })
})

test.each<[string, () => void]>([
  ['too large', () => attach(large)],
  ['no bundle', () => attach(Buffer.from('{'))],
  ['more than one bundle', () => attach(Buffer.from('{}'), { layers: twice() })],
  [
    'not there',
    () => {
      const gone = Buffer.from('gone')
      attach(gone)
      registry.repository('app').blobs.delete(digestOf(gone))
    },
  ],
  [
    'other bytes',
    () => {
      const changed = Buffer.from('changed')
      attach(changed)
      registry.repository('app').blobs.set(digestOf(changed), Buffer.from('CHANGED'))
    },
  ],
])('what is attached and is %s is not valid, and takes no other signature with it', async (_, attachBroken) => {
  attachBroken()
  expect(await verifyImage(place, pubA)).toMatchObject({ verified: false, signatures: [{ valid: false }] })
  await signImage(place, a)
  const { verified, signatures } = await verifyImage(place, pubA)
  expect(verified).toBe(true)
  expect(signatures.map(({ valid }) => valid).sort()).toEqual([false, true])
})

test('a broken payload under the tag is not valid, and takes no other with it', async () => {
  await signImage(place, { ...a, attach: 'tag' })
  const { blobs } = registry.repository('app')
  const [[payload] = expect.fail('there is a payload')] = [...blobs].filter(([, bytes]) =>
    Buffer.from(bytes).toString().includes('cosign container image signature'),
  )
  blobs.set(payload, Buffer.from('{}'))
  expect(await verifyImage(place, pubA)).toMatchObject({
    verified: false,
    signatures: [{ form: 'cosign', valid: false, reason: expect.stringContaining('cannot be read') }],
  })
  await signImage(place, { ...a, attach: 'tag', annotations: { build: '2' } })
  const { verified, signatures } = await verifyImage(place, pubA)
  expect(verified).toBe(true)
  expect(signatures.map(({ valid }) => valid).sort()).toEqual([false, true])
})

function twice() {
  const blob = { mediaType: bundleType, digest: digestOf(Buffer.from('{}')), size: 2 }
  return [blob, blob]
}
