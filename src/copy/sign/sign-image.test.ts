import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Digest, digestOf } from '../../model/digest.ts'
import { buildImage, buildIndex } from '../../testing/build-image.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { writeLayout } from '../../testing/write-layout.ts'
import { copyImage } from '../copy-image.ts'
import { inspectImage } from '../inspect-image.ts'
import { signImage } from './sign-image.ts'
import { verifyImage } from './verify-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-sign-'))
afterAll(() => rm(folder, { recursive: true }))
let made = 0
const newFolder = () => path.join(folder, String(made++))

const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
const layout = newFolder()
await writeLayout(layout, { v1: image })

beforeEach(() => {
  for (const name of ['A', 'B', 'C']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    vi.stubEnv(name, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
    vi.stubEnv(`${name}_PUB`, publicKey.export({ format: 'pem', type: 'spki' }).toString())
  }
})
afterEach(() => vi.unstubAllEnvs())
const [a, b, c] = [{ keys: ['env://A'] }, { keys: ['env://B'] }, { keys: ['env://C'] }]
const [pubA, pubB, pubC] = [{ keys: ['env://A_PUB'] }, { keys: ['env://B_PUB'] }, { keys: ['env://C_PUB'] }]

let registry: FakeRegistry
beforeEach(async () => {
  registry = await startFakeRegistry()
  return async () => await registry[Symbol.asyncDispose]()
})

const places: [string, () => string][] = [
  ['a registry', () => `${registry.host}/app:v1`],
  ['a bucket', () => `local://${newFolder()}//team/app:v1`],
  ['a layout', () => `oci:${newFolder()}:v1`],
]

async function pushed(place: string): Promise<{ place: string; digest: Digest }> {
  const { digest } = await copyImage(`oci:${layout}:v1`, place)
  return { place, digest }
}

describe.each(places)('in %s', (_, placeOf) => {
  test.each(['referrer', 'tag'] as const)('what is signed by two is verified by each of them (%s)', async attach => {
    const { place, digest } = await pushed(placeOf())
    const signed = await signImage(place, { keys: [...a.keys, ...b.keys], attach })
    expect(signed).toMatchObject({ digest, attach, signatures: [{ key: 'env://A' }, { key: 'env://B' }] })
    expect(signed.signatures.map(({ subject }) => subject)).toEqual([digest, digest])
    const form = attach === 'tag' ? 'cosign' : 'bundle'
    const both = await verifyImage(place, { keys: [...pubA.keys, ...pubB.keys] })
    expect(both).toMatchObject({ digest, verified: true, missing: [] })
    expect(both.signatures.map(one => [one.form, one.valid, one.key]).sort()).toEqual([
      [form, true, 'env://A_PUB'],
      [form, true, 'env://B_PUB'],
    ])
    const one = await verifyImage(place, pubA)
    expect(one).toMatchObject({ verified: true, missing: [] })
    expect(one.signatures.filter(({ valid }) => !valid)).toEqual([
      expect.objectContaining({ form, reason: 'the signature is not one of the trusted key' }),
    ])
  })

  test('without a signature, and with somebody else’s', async () => {
    const { place } = await pushed(placeOf())
    expect(await verifyImage(place, pubA)).toMatchObject({ verified: false, signatures: [], missing: pubA.keys })
    await signImage(place, b)
    expect(await verifyImage(place, pubA)).toMatchObject({ verified: false, missing: pubA.keys })
    const half = await verifyImage(place, { keys: [...pubA.keys, ...pubB.keys] })
    expect(half).toMatchObject({ verified: false, missing: pubA.keys })
  })

  test('a second signer adds to the first', async () => {
    const { place } = await pushed(placeOf())
    for (const attach of ['referrer', 'tag'] as const) {
      await signImage(place, { ...a, attach })
      await signImage(place, { ...b, attach })
    }
    await signImage(place, { ...c, attach: 'tag' })
    for (const one of [pubA, pubB, pubC]) expect((await verifyImage(place, one)).verified).toBe(true)
    expect((await verifyImage(place, pubA)).signatures).toHaveLength(5)
  })

  test('every platform is signed where that is asked for, and none where it is not', async () => {
    const { place, digest } = await pushed(placeOf())
    const { platforms } = await inspectImage(place)
    const [platform] = platforms
    const named = `${place.startsWith('oci:') ? '' : place.replace(/:v1$/, '')}@${platform?.digest}`
    if (!place.startsWith('oci:')) {
      await signImage(place, a)
      expect((await verifyImage(named, pubA)).verified).toBe(false)
    }
    const signed = await signImage(place, { ...b, recursive: true })
    expect(signed.signatures.map(({ subject }) => subject)).toEqual([digest, ...platforms.map(one => one.digest)])
    if (!place.startsWith('oci:')) expect((await verifyImage(named, pubB)).verified).toBe(true)
  })

  test('an image that is copied on is verified there', async () => {
    const { place, digest } = await pushed(placeOf())
    await signImage(place, a)
    await signImage(place, { ...b, attach: 'tag' })
    const there = `${registry.host}/elsewhere:v1`
    await copyImage(place, there)
    expect(await verifyImage(there, { keys: [...pubA.keys, ...pubB.keys] })).toMatchObject({ digest, verified: true })
    const stripped = `${registry.host}/stripped:v1`
    await copyImage(place, stripped, { referrers: false })
    expect(await verifyImage(stripped, pubA)).toMatchObject({ verified: false, signatures: [] })
  })

  test('a tag that moves to another image is not signed by that, and back again it is', async () => {
    const { place, digest } = await pushed(placeOf())
    await signImage(place, a)
    const other = newFolder()
    await writeLayout(other, { v1: buildIndex({ 'linux/amd64': {} }) })
    await copyImage(`oci:${other}:v1`, place)
    expect(await verifyImage(place, pubA)).toMatchObject({ verified: false, signatures: [] })
    await copyImage(`oci:${layout}:v1`, place)
    // a signature is of a digest: that it is not the newest image no signature says
    expect(await verifyImage(place, pubA)).toMatchObject({ verified: true, digest })
  })
})

test('a signature that is attached to another image is not one of that', async () => {
  const { digest } = await pushed(`${registry.host}/app:v1`)
  await signImage(`${registry.host}/app:v1`, { ...a, attach: 'tag' })
  const other = newFolder()
  await writeLayout(other, { v1: buildIndex({ 'linux/amd64': {} }) })
  const moved = await copyImage(`oci:${other}:v1`, `${registry.host}/app:v2`)
  const { tags } = registry.repository('app')
  const tagOf = (one: Digest) => `${one.replace(':', '-')}.sig`
  tags.set(tagOf(moved.digest), tags.get(tagOf(digest)) ?? digest)
  expect(await verifyImage(`${registry.host}/app:v2`, pubA)).toMatchObject({
    verified: false,
    signatures: [{ form: 'cosign', valid: false, reason: 'the signature is of another image' }],
  })
})

test('an image of sha512 is signed by a referrer, for its digest is too long for a tag', async () => {
  const longer = newFolder()
  await writeLayout(longer, { v1: buildImage({ algorithm: 'sha512' }) })
  const place = `oci:${longer}:v1`
  await expect(signImage(place, { ...a, attach: 'tag' })).rejects.toMatchObject({ code: 'unsupported' })
  await signImage(place, a)
  expect(await verifyImage(place, pubA)).toMatchObject({ verified: true, digest: expect.stringMatching(/^sha512:/) })
})

test('annotations are signed', async () => {
  const { place } = await pushed(`${registry.host}/app:v1`)
  const annotations = { build: '42' }
  await signImage(place, { ...a, annotations })
  await signImage(place, { ...a, annotations, attach: 'tag' })
  const texts = [...registry.repository('app').blobs.values()].map(bytes => Buffer.from(bytes).toString())
  expect(texts.filter(text => text.includes('"build":"42"'))).toHaveLength(1)
  const [bundle] = texts.filter(text => text.includes('dsseEnvelope'))
  const { dsseEnvelope } = JSON.parse(bundle ?? '{}')
  expect(JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()).subject).toMatchObject([{ annotations }])
  expect((await verifyImage(place, pubA)).signatures.map(({ valid }) => valid)).toEqual([true, true])
})

test('one key under two names has signed for both', async () => {
  const { place } = await pushed(`${registry.host}/app:v1`)
  await signImage(place, a)
  expect(await verifyImage(place, { keys: ['env://A_PUB', 'env://A'] })).toMatchObject({ verified: true, missing: [] })
})

test.each([
  ['nobody signs', {}, 'bad-argument'],
  ['a key is none', { keys: ['env://A_PUB'] }, 'bad-key'],
  ['a key is not there', { keys: ['env://NOT_THERE'] }, 'bad-key'],
  ['an annotation is lading’s own', { keys: ['env://A'], annotations: { timestamp: '1' } }, 'bad-argument'],
])('where %s, nothing is asked and nothing is written', async (_, options, code) => {
  await expect(signImage(`${registry.host}/app:v1`, options)).rejects.toMatchObject({ code })
  expect(registry.requests).toEqual([])
})

test('places without attachments have no signatures', async () => {
  const place = `dir:${newFolder()}`
  await copyImage(`oci:${layout}:v1`, place)
  await expect(signImage(place, a)).rejects.toMatchObject({ code: 'unsupported' })
  await expect(verifyImage(place, pubA)).rejects.toMatchObject({ code: 'unsupported' })
})

test('an image that is not there', async () => {
  await expect(signImage(`${registry.host}/app:v1`, a)).rejects.toMatchObject({ code: 'image-not-found' })
  await expect(verifyImage(`${registry.host}/app:v1`, pubA)).rejects.toMatchObject({ code: 'image-not-found' })
})

test('a manifest that is not its digest is no image to sign or to verify', async () => {
  const { place, digest } = await pushed(`${registry.host}/app:v1`)
  await signImage(place, a)
  const repository = registry.repository('app')
  const stored = repository.manifests.get(digest)
  const bytes = Buffer.from(
    Buffer.from(stored?.bytes ?? [])
      .toString()
      .replace('amd64', 'amd46'),
  )
  expect(digestOf(bytes)).not.toBe(digest)
  repository.manifests.set(digest, { mediaType: stored?.mediaType ?? '', bytes })
  const failed = { code: expect.stringMatching(/mismatch|bad-manifest/) }
  await expect(verifyImage(`${registry.host}/app@${digest}`, pubA)).rejects.toMatchObject(failed)
  await expect(signImage(`${registry.host}/app@${digest}`, b)).rejects.toMatchObject(failed)
})

test.each([
  ['nobody is named', {}],
  ['keys and an identity are', { keys: ['env://A_PUB'], identity: { subject: 'x', issuer: 'y' } }],
  ['an identity is, and no log', { identity: { subject: 'x', issuer: 'y' }, ignoreLog: true }],
])('where %s, nothing is verified', async (_, options) => {
  await expect(verifyImage(`${registry.host}/app:v1`, options)).rejects.toMatchObject({ code: 'bad-argument' })
})

test('a log that is named must have entered the signature', async () => {
  const { place } = await pushed(`${registry.host}/app:v1`)
  await signImage(place, a)
  const rekorKeys = [path.join(folder, 'rekor.pub')]
  await writeFile(rekorKeys[0] ?? '', process.env.B_PUB ?? '')
  expect(await verifyImage(place, { ...pubA, rekorKeys })).toMatchObject({ verified: false, missing: pubA.keys })
  expect(await verifyImage(place, { ...pubA, rekorKeys, ignoreLog: true })).toMatchObject({ verified: true })
  await expect(verifyImage(place, { ...pubA, rekorKeys: [`${folder}/none`] })).rejects.toMatchObject({
    code: 'bad-config',
  })
})
