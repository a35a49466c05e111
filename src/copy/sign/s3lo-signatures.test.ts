import { generateKeyPairSync } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { s3loSignature } from '../../../test/services/s3lo-signature.ts'
import { makeServiceKey } from '../../../test/services/service-keys.ts'
import { startAwsKms } from '../../../test/services/start-aws-kms.ts'
import { awsKeys } from '../../../test/services/start-ecr-api.ts'
import type { Digest } from '../../model/digest.ts'
import { buildImage } from '../../testing/build-image.ts'
import { writeLayout } from '../../testing/write-layout.ts'
import { copyImage } from '../copy-image.ts'
import { signImage } from './sign-image.ts'
import { verifyImage } from './verify-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-s3lo-'))
afterAll(() => rm(folder, { recursive: true }))
const layout = path.join(folder, 'layout')
await writeLayout(layout, { v1: buildImage(), v2: buildImage({ layers: [Buffer.from('another')] }) })

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = ['env://KEY']

let root: string
let digest: Digest
let stores = 0
beforeEach(async () => {
  vi.stubEnv('KEY', publicKey.export({ format: 'pem', type: 'spki' }).toString())
  vi.stubEnv('STRANGER', stranger.publicKey.export({ format: 'pem', type: 'spki' }).toString())
  root = path.join(folder, `store${stores++}`)
  digest = (await copyImage(`oci:${layout}:v1`, at('v1'))).digest
})
afterEach(() => vi.unstubAllEnvs())

const at = (tag: string) => `local://${root}//team/app:${tag}`

async function keep(signature: ReturnType<typeof s3loSignature>, tag = 'v1'): Promise<void> {
  const signatures = path.join(root, 'manifests/team/app', tag, 'signatures')
  await mkdir(signatures, { recursive: true })
  await writeFile(path.join(signatures, signature.name), JSON.stringify(signature.record))
}

test('the first form is valid, and says that it is of the digest alone', async () => {
  const signature = s3loSignature({ privateKey, digest })
  await keep(signature)
  expect(await verifyImage(at('v1'), { keys })).toEqual({
    reference: at('v1'),
    digest,
    verified: true,
    missing: [],
    signatures: [
      {
        form: 's3lo',
        valid: true,
        key: 'env://KEY',
        bound: false,
        signedAt: '2026-04-12T19:21:10Z',
        file: signature.name,
      },
    ],
  })
})

test('the later form is bound to the bucket, the image and the tag', async () => {
  await keep(s3loSignature({ privateKey, digest, place: `${root}/team/app:v1` }))
  expect(await verifyImage(at('v1'), { keys })).toMatchObject({ verified: true, signatures: [{ bound: true }] })
})

test('of a local bucket it is bound to the path as it is typed', async () => {
  await keep(s3loSignature({ privateKey, digest, place: `${root}/team/app:v1` }))
  expect(await verifyImage(`local://${root}/team/app:v1`, { keys })).toMatchObject({ verified: true })
  const roundabout = `${folder}/./${path.basename(root)}`
  expect(await verifyImage(`local://${roundabout}//team/app:v1`, { keys })).toMatchObject({ verified: false })
})

test('moved to another tag the later form is not valid, and the first is', async () => {
  await copyImage(`oci:${layout}:v1`, at('prod'))
  await keep(s3loSignature({ privateKey, digest, place: `${root}/team/app:v1` }), 'prod')
  expect(await verifyImage(at('prod'), { keys })).toMatchObject({
    verified: false,
    signatures: [{ valid: false, reason: expect.stringContaining('moved here') }],
  })
  await keep(s3loSignature({ privateKey, digest }), 'prod')
  expect(await verifyImage(at('prod'), { keys })).toMatchObject({ verified: true, signatures: [{ bound: false }] })
})

test('an older image that is put back is not refused by its old signature: the newest is not signed', async () => {
  const signature = s3loSignature({ privateKey, digest, place: `${root}/team/app:v1` })
  await keep(signature)
  await copyImage(`oci:${layout}:v2`, at('v1'), { force: true })
  expect(await verifyImage(at('v1'), { keys })).toMatchObject({
    verified: false,
    signatures: [{ valid: false, reason: `the tag has changed since: ${digest} was signed` }],
  })
  await copyImage(`oci:${layout}:v1`, at('v1'), { force: true })
  expect(await verifyImage(at('v1'), { keys })).toMatchObject({ verified: true })
})

test('by somebody else, too large, and no signature at all: each is told, and none counts', async () => {
  await keep(s3loSignature({ privateKey: stranger.privateKey, digest, place: `${root}/team/app:v1` }))
  const signatures = path.join(root, 'manifests/team/app/v1/signatures')
  await writeFile(path.join(signatures, 'x-large.json'), ' '.repeat(100_000))
  await writeFile(path.join(signatures, 'x-none.json'), '{}')
  const { verified, signatures: found, missing } = await verifyImage(at('v1'), { keys })
  expect([verified, missing]).toEqual([false, keys])
  expect(found.map(({ file, valid }) => [file?.slice(0, 2), valid])).toHaveLength(3)
  expect(found.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('no trusted key'),
      expect.stringContaining('larger than any'),
      expect.stringContaining('form of s3lo'),
    ]),
  )
})

test('stripped, it is missing', async () => {
  await keep(s3loSignature({ privateKey, digest }))
  await rm(path.join(root, 'manifests/team/app/v1/signatures'), { recursive: true })
  expect(await verifyImage(at('v1'), { keys })).toMatchObject({ verified: false, signatures: [], missing: keys })
})

test('one key by s3lo and one by cosign are two signers', async () => {
  vi.stubEnv('STRANGER_KEY', stranger.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  await keep(s3loSignature({ privateKey, digest }))
  await signImage(at('v1'), { keys: ['env://STRANGER_KEY'] })
  const result = await verifyImage(at('v1'), { keys: [...keys, 'env://STRANGER'] })
  expect(result).toMatchObject({ verified: true, missing: [] })
  expect(result.signatures.map(({ form, key }) => [form, key])).toEqual([
    ['bundle', 'env://STRANGER'],
    ['s3lo', 'env://KEY'],
  ])
})

test('by its digest an image has none of them: they are kept with a tag', async () => {
  await keep(s3loSignature({ privateKey, digest }))
  const named = `local://${root}//team/app@${digest}`
  expect(await verifyImage(named, { keys })).toMatchObject({ verified: false, signatures: [] })
})

test('a key in AWS KMS verifies them, and where it cannot be asked nobody says that they are not valid', async () => {
  await using kms = await startAwsKms()
  const key = makeServiceKey('P-256')
  kms.keys.set('alias/release-signer', key)
  await keep(s3loSignature({ privateKey: key, digest, place: `${root}/team/app:v1` }))
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsKeys.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsKeys.secretAccessKey)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', kms.url)
  const inService = { keys: ['awskms:///alias/release-signer'] }
  expect(await verifyImage(at('v1'), inService)).toMatchObject({ verified: true, signatures: [{ bound: true }] })
  kms.refusal = { status: 400, type: 'AccessDeniedException' }
  await expect(verifyImage(at('v1'), inService)).rejects.toMatchObject({ code: 'denied' })
})

test('what we keep there is bound to the tag, one for each key', async () => {
  vi.stubEnv('OWN_KEY', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  vi.stubEnv('STRANGER_KEY', stranger.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const both = { keys: ['env://OWN_KEY', 'env://STRANGER_KEY'], attach: 's3lo' } as const
  await signImage(at('v1'), both)
  const { signatures } = await signImage(at('v1'), both)
  const names = await readdir(path.join(root, 'manifests/team/app/v1/signatures'))
  expect(signatures.map(({ file }) => file).sort()).toEqual(names)
  expect(await verifyImage(at('v1'), { keys: [...keys, 'env://STRANGER'] })).toMatchObject({
    verified: true,
    signatures: [{ bound: true }, { bound: true }],
  })
  const theirs = s3loSignature({ privateKey, digest, place: `${root}/team/app:v1` })
  const ours = JSON.parse(await readFile(path.join(root, 'manifests/team/app/v1/signatures', theirs.name), 'utf8'))
  expect(Object.keys(ours)).toEqual(Object.keys(theirs.record))
  const { signature: _, keyRef, signedAt, ...rest } = ours
  expect(theirs.record).toMatchObject(rest)
  expect([keyRef, signedAt]).toEqual(['env://OWN_KEY', expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)])
})

test.each([
  ['a digest', () => `local://${root}//team/app@${digest}`, {}, 'bad-argument'],
  ['what is in no bucket', () => `oci:${layout}:v1`, {}, 'bad-argument'],
  ['annotations', () => at('v1'), { annotations: { a: 'b' } }, 'bad-argument'],
  ['platforms', () => at('v1'), { recursive: true }, 'bad-argument'],
])('it is not kept for %s', async (_, place, options, code) => {
  vi.stubEnv('OWN_KEY', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const asked = signImage(place(), { keys: ['env://OWN_KEY'], attach: 's3lo', ...options })
  await expect(asked).rejects.toMatchObject({ code })
})

test('nor is one of a key that s3lo does not verify with', async () => {
  const { privateKey: longer } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  vi.stubEnv('OWN_KEY', longer.export({ format: 'pem', type: 'pkcs8' }).toString())
  const asked = signImage(at('v1'), { keys: ['env://OWN_KEY'], attach: 's3lo' })
  await expect(asked).rejects.toMatchObject({ code: 'bad-key' })
})
