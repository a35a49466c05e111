import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isLadingError } from '../errors/index.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { type EditedLayer, editLayout } from '../testing/edit-layout.ts'
import { tarArchive } from '../testing/tar-blocks.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { openLayerEncryption } from '../transform/encryption/layer-encryption.ts'
import { formatSecret } from '../transform/encryption/layer-secret.ts'
import { readRecipients } from '../transform/encryption/read-recipients.ts'
import { withWrappedKeys } from '../transform/encryption/wrapped-keys.ts'
import { copyImage } from './copy-image.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyEvent } from './events.ts'

const [first, second] = ['first', 'second'].map(name => tarArchive({ name, body: `${name}; `.repeat(50_000) })) as [
  Uint8Array,
  Uint8Array,
]
const image = buildImage({ layers: [first, second], gzip: true })
/** Schema 1 wants a step of the history for each layer. */
const { root, blobs } = image
const manifest = JSON.parse(Buffer.from(blobs.get(root.digest) ?? '').toString())
const config = Buffer.from(
  JSON.stringify({
    ...JSON.parse(Buffer.from(blobs.get(manifest.config.digest) ?? '').toString()),
    history: [{ created_by: 'first' }, { created_by: 'second' }],
  }),
)
const built = buildImage({
  layers: [first, second],
  gzip: true,
  manifest: { config: { ...manifest.config, digest: digestOf(config), size: config.byteLength } },
})
const withHistory = { ...built, blobs: new Map([...built.blobs, [digestOf(config), config]]) }
const plainBlobs = [first, second, gzipSync(first), gzipSync(second)].map(bytes => digestOf(bytes))
const enc = 'org.opencontainers.image.enc.'

const keyFolder = await mkdtemp(path.join(tmpdir(), 'lading-keys-'))
afterAll(() => rm(keyFolder, { recursive: true }))
const at = (name: string) => path.join(keyFolder, name)
const pem = { format: 'pem' } as const
const passphrase = 'a long passphrase'

beforeAll(async () => {
  for (const [name, bits] of [
    ['key', 2048],
    ['other', 2048],
    ['short', 1024],
  ] as const) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits })
    await writeFile(at(`${name}.pub`), publicKey.export({ ...pem, type: 'spki' }))
    await writeFile(at(name), privateKey.export({ ...pem, type: 'pkcs8' }))
    const protectedKey = privateKey.export({ ...pem, type: 'pkcs8', cipher: 'aes-256-cbc', passphrase })
    await writeFile(at(`${name}.protected`), protectedKey)
  }
})

const encrypting = { encryptionKeys: [`jwe:${at('key.pub')}`] }
const decrypting = { decryptionKeys: [at('key')] }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'))
  return async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  }
})

async function given(what: BuiltImage = image): Promise<string> {
  await writeLayout(`${folder}/plain`, { v1: what })
  return `oci:${folder}/plain:v1`
}

async function encrypted(options: CopyOptions = {}, what?: BuiltImage, name = 'encrypted'): Promise<string> {
  await copyImage(await given(what), `oci:${folder}/${name}:v1`, { ...encrypting, ...options })
  return `oci:${folder}/${name}:v1`
}

/** The digests of all that is stored there. */
async function blobsIn(name: string): Promise<Digest[]> {
  const names = await readdir(`${folder}/${name}/blobs/sha256`).catch(() => [])
  return await Promise.all(names.map(async hex => digestOf(await readFile(`${folder}/${name}/blobs/sha256/${hex}`))))
}

async function layersIn(name: string): Promise<EditedLayer[]> {
  const layers: EditedLayer[] = []
  await editLayout(`${folder}/${name}`, found => {
    layers.push(...found)
    return found
  })
  return layers
}

/** How a copy with a key ends that must not succeed, and that it has kept nothing. */
async function refused(source: string, options: CopyOptions = decrypting) {
  const error = await copyImage(source, `oci:${folder}/opened:v1`, options).catch((thrown: unknown) => thrown)
  if (!isLadingError(error)) throw new Error(`it was not refused: ${error}`)
  const kept = await blobsIn('opened')
  expect(kept.filter(digest => plainBlobs.includes(digest))).toEqual([])
  expect(kept.length).toBeLessThanOrEqual(1)
  expect(await readdir(`${folder}/opened`).catch(() => [])).not.toContain('index.json')
  return error
}

test('layers are encrypted, and come back as they were', async () => {
  const source = await encrypted()
  for (const { descriptor, bytes } of await layersIn('encrypted')) {
    expect(descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip+encrypted')
    expect(() => gunzipSync(bytes)).toThrow()
  }
  const opened = await copyImage(source, `oci:${folder}/opened:v1`, decrypting)
  expect(opened).toMatchObject({ digest: image.root.digest, rewritten: 'layers decrypted' })
})

test('no two copies of a layer have the same key', async () => {
  const layers = buildImage({ layers: [first], gzip: true })
  await encrypted({}, layers, 'one')
  await encrypted({}, layers, 'other')
  const [one] = await layersIn('one')
  const [other] = await layersIn('other')
  expect(digestOf(one?.bytes ?? first)).not.toBe(digestOf(other?.bytes ?? first))
})

describe('a copy with the key refuses, and keeps nothing of,', () => {
  const said = (layer: EditedLayer, annotations: Readonly<Record<string, string>>): EditedLayer => ({
    ...layer,
    descriptor: { ...layer.descriptor, annotations: { ...layer.descriptor.annotations, ...annotations } },
  })
  const publicOptions = (layer: EditedLayer, change: Readonly<Record<string, unknown>>) => {
    const text = Buffer.from(layer.descriptor.annotations?.[`${enc}pubopts`] ?? '', 'base64').toString()
    const changed = JSON.stringify({ ...JSON.parse(text), ...change })
    return said(layer, { [`${enc}pubopts`]: Buffer.from(changed).toString('base64') })
  }
  const withByte = ({ descriptor, bytes }: EditedLayer, at: number): EditedLayer => {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    return { descriptor, bytes: changed }
  }
  type Edit = (layers: readonly [EditedLayer, EditedLayer]) => readonly EditedLayer[]

  test.each<[string, Edit, string]>([
    ['a changed first byte', ([a, b]) => [withByte(a, 0), b], 'not-authentic'],
    ['a changed last byte', ([a, b]) => [a, withByte(b, b.bytes.byteLength - 1)], 'not-authentic'],
    ['a layer that breaks off', ([a, b]) => [{ ...a, bytes: a.bytes.subarray(0, -1) }, b], 'not-authentic'],
    [
      'a layer that goes on',
      ([a, b]) => [{ ...a, bytes: Buffer.concat([a.bytes, Buffer.alloc(1)]) }, b],
      'not-authentic',
    ],
    ['nothing in the place of a layer', ([a, b]) => [{ ...a, bytes: Buffer.alloc(0) }, b], 'not-authentic'],
    ['another HMAC', ([a, b]) => [publicOptions(a, { hmac: Buffer.alloc(32).toString('base64') }), b], 'not-authentic'],
    ['a short HMAC', ([a, b]) => [publicOptions(a, { hmac: Buffer.alloc(1).toString('base64') }), b], 'not-authentic'],
    ['an empty HMAC', ([a, b]) => [publicOptions(a, { hmac: '' }), b], 'not-authentic'],
    ['no HMAC', ([a, b]) => [publicOptions(a, { hmac: undefined }), b], 'not-authentic'],
    ['no public options', ([a, b]) => [said(a, { [`${enc}pubopts`]: '' }), b], 'not-authentic'],
    ['public options that are no JSON', ([a, b]) => [said(a, { [`${enc}pubopts`]: 'AAAA' }), b], 'not-authentic'],
    ['annotations that are no base64', ([a, b]) => [said(a, { [`${enc}keys.jwe`]: '*' }), b], 'not-authentic'],
    ['another cipher', ([a, b]) => [publicOptions(a, { cipher: 'ROT13' }), b], 'unsupported'],
    ['the annotations of another layer', ([a, b]) => [said(a, b.descriptor.annotations ?? {}), b], 'not-authentic'],
    [
      'the key of another layer',
      ([a, b]) => [a, said(b, { [`${enc}keys.jwe`]: a.descriptor.annotations?.[`${enc}keys.jwe`] ?? '' })],
      'not-authentic',
    ],
    ['layers in another order', ([a, b]) => [b, a], 'not-authentic'],
    ['a layer in the place of another', ([a]) => [a, a], 'not-authentic'],
    ['no wrapped key', ([a, b]) => [said(a, { [`${enc}keys.jwe`]: '' }), b], 'no-key'],
  ])('%s', async (_, edit, code) => {
    const source = await encrypted()
    await editLayout(`${folder}/encrypted`, layers => edit(layers as [EditedLayer, EditedLayer]))
    expect(await refused(source)).toMatchObject({ code })
  })

  test('bytes that have another digest', async () => {
    const source = await encrypted()
    const [layer] = await layersIn('encrypted')
    const file = `${folder}/encrypted/blobs/sha256/${layer?.descriptor.digest.slice('sha256:'.length)}`
    const bytes = await readFile(file)
    bytes.writeUInt8(bytes.readUInt8(9) ^ 1, 9)
    await writeFile(file, bytes)
    expect(await refused(source)).toMatchObject({ code: 'digest-mismatch' })
  })

  test('a layer that others encrypted for the same recipient', async () => {
    const source = await encrypted()
    const other = tarArchive({ name: 'first', body: 'what somebody else would like to have there' })
    await encrypted({}, buildImage({ layers: [other], gzip: true }), 'theirs')
    const [foreign] = await layersIn('theirs')
    await editLayout(`${folder}/encrypted`, ([, b]) => [foreign, b] as EditedLayer[])
    expect(await refused(source)).toMatchObject({ code: 'not-authentic' })
  })

  test('a layer that its config says nothing of, and is not the one that was sealed', async () => {
    const config = Buffer.from('{}')
    const manifest = { config: { mediaType: 'application/vnd.example+json', digest: digestOf(config), size: 2 } }
    const { root, blobs } = buildImage({ layers: [first], gzip: true, manifest })
    const artifact = { root, blobs: new Map([...blobs, [digestOf(config), config]]) }
    const source = await encrypted({}, artifact)
    const right = await copyImage(source, `oci:${folder}/right:v1`, decrypting)
    expect(right.digest).toBe(root.digest)
    const encryption = await openLayerEncryption(decrypting, { environment: {}, warn() {} })
    const [wrapper] = await readRecipients(encrypting.encryptionKeys, { environment: {}, warn() {} })
    await editLayout(`${folder}/encrypted`, async ([layer]) => {
      if (layer === undefined || wrapper === undefined) throw new Error('there is a layer')
      const { secret } = await encryption.open(layer.descriptor)
      const wrapped = await wrapper.wrap(formatSecret({ ...secret, digest: digestOf(second) }), undefined)
      const seal = Buffer.from(layer.descriptor.annotations?.[`${enc}pubopts`] ?? '', 'base64')
      return [said(layer, withWrappedKeys(undefined, [{ scheme: 'jwe', bytes: wrapped }], seal))]
    })
    expect(await refused(source)).toMatchObject({ code: 'not-authentic' })
  })

  test('a changed byte, on the way to an archive of Docker too', async () => {
    const source = await encrypted()
    await editLayout(`${folder}/encrypted`, ([a, b]) => [a, withByte(b as EditedLayer, 300)] as EditedLayer[])
    const to = `docker-archive:${folder}/image.tar:app:v1`
    await expect(copyImage(source, to, decrypting)).rejects.toMatchObject({ code: 'not-authentic' })
    expect(await readdir(folder)).not.toContain('image.tar')
  })

  test('a nonce that is not sealed', async () => {
    const source = await encrypted()
    const cipheroptions = { nonce: Buffer.alloc(16).toString('base64') }
    await editLayout(`${folder}/encrypted`, layers => layers.map(layer => publicOptions(layer, { cipheroptions })))
    const { digest } = await copyImage(source, `oci:${folder}/opened:v1`, decrypting)
    expect(digest).toBe(image.root.digest)
  })
})

describe('the keys', () => {
  test('of somebody else open nothing', async () => {
    const error = await refused(await encrypted(), { decryptionKeys: [at('other')] })
    expect(error).toMatchObject({ code: 'no-key', exitCode: 3, message: expect.stringContaining(at('other')) })
  })

  test('are tried in turn', async () => {
    const decryptionKeys = [at('other'), at('short'), at('key')]
    const { digest } = await copyImage(await encrypted(), `oci:${folder}/opened:v1`, { decryptionKeys })
    expect(digest).toBe(image.root.digest)
  })

  test.each([
    ['as it is', `:${passphrase}`],
    ['after pass=', `:pass=${passphrase}`],
    ['in a file', `:file=${at('passphrase')}`],
  ])('open with a passphrase %s', async (_, words) => {
    await writeFile(at('passphrase'), `${passphrase}\n`)
    const decryptionKeys = [`${at('key.protected')}${words}`]
    const { digest } = await copyImage(await encrypted(), `oci:${folder}/opened:v1`, { decryptionKeys })
    expect(digest).toBe(image.root.digest)
  })

  test.each([
    ['a wrong passphrase', () => `${at('key.protected')}:not the passphrase`, 'bad-argument'],
    ['no passphrase', () => at('key.protected'), 'bad-argument'],
    ['a passphrase from nowhere', () => `${at('key.protected')}:fd=987`, 'bad-argument'],
    ['a public key', () => at('key.pub'), 'bad-argument'],
    ['a file that is not there', () => at('nothing'), 'io'],
    ['an unknown provider', () => 'provider:nobody', 'bad-config'],
  ])('are refused before anything is done: %s', async (_, key, code) => {
    const error = await refused(await encrypted(), { decryptionKeys: [key()] })
    expect(error).toMatchObject({ code })
    expect(`${error.message} ${error.hint} ${error.subject}`).not.toContain('not the passphrase')
  })

  test.each([
    ['no protocol', () => at('key.pub'), 'bad-argument'],
    ['an unknown protocol', () => `rot:${at('key.pub')}`, 'bad-argument'],
    ['a private key', () => `jwe:${at('key')}`, 'bad-argument'],
    ['no certificate', () => `pkcs7:${at('key.pub')}`, 'bad-argument'],
    ['a key in a module', () => `pkcs11:${at('key.pub')}`, 'unsupported'],
    ['nothing', () => 'jwe:', 'bad-argument'],
  ])('for whom nothing is encrypted: %s', async (_, key, code) => {
    expect(await refused(await given(), { encryptionKeys: [key()] })).toMatchObject({ code })
  })

  test('that are short are used, and it is said that they are', async () => {
    const events: CopyEvent[] = []
    const onEvent = (event: CopyEvent) => void events.push(event)
    const source = await encrypted({ encryptionKeys: [`jwe:${at('short.pub')}`], onEvent })
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('has 1024 bits') })
    const { digest } = await copyImage(source, `oci:${folder}/opened:v1`, { decryptionKeys: [at('short')] })
    expect(digest).toBe(image.root.digest)
  })
})

describe('nothing is written where', () => {
  test.each<[string, string, CopyOptions, string]>([
    ['there is no such layer', 'oci', { encryptLayers: [2] }, 'bad-argument'],
    ['there is none from the end', 'oci', { encryptLayers: [-3] }, 'bad-argument'],
    ['layers are named and nobody', 'oci', { encryptionKeys: [], encryptLayers: [0] }, 'bad-argument'],
    ['the format has no name for it', 'oci', { format: 'v2s2' }, 'bad-argument'],
    ['a table of contents is wanted', 'oci', { compression: 'zstd:chunked', recompress: 'all' }, 'bad-argument'],
    ['the digest shall stay', 'oci', { preserveDigests: true }, 'unsupported'],
    ['archives alone are held', 'docker-archive', {}, 'unsupported'],
  ])('%s', async (_, transport, options, code) => {
    const to = `${transport}:${folder}/there:v1`
    await expect(copyImage(await given(), to, { ...encrypting, ...options })).rejects.toMatchObject({ code })
    expect(await blobsIn('there')).toEqual([])
  })

  test('it is encrypted already, and no key opens it', async () => {
    expect(await refused(await encrypted(), encrypting)).toMatchObject({ code: 'no-key' })
  })

  test('it is a dry run', async () => {
    const result = await copyImage(await given(), `oci:${folder}/there:v1`, { ...encrypting, dryRun: true })
    expect(result.plan?.filter(({ action }) => action === 'convert').length).toBe(2)
    expect(await blobsIn('there')).toEqual([])
  })
})

describe('encrypted are', () => {
  test('layers that are named alone, and again in other places', async () => {
    const source = await encrypted({ encryptLayers: [-1] })
    const types = (await layersIn('encrypted')).map(({ descriptor }) => descriptor.mediaType.split('.').at(-1))
    expect(types).toEqual(['tar+gzip', 'tar+gzip+encrypted'])
    const { digest } = await copyImage(source, `oci:${folder}/opened:v1`, decrypting)
    expect(digest).toBe(image.root.digest)
  })

  test('a layer in every place that it has, where one of them is named', async () => {
    await encrypted({ encryptLayers: [0] }, buildImage({ layers: [first, second, first], gzip: true }))
    const types = (await layersIn('encrypted')).map(({ descriptor }) => descriptor.mediaType.endsWith('+encrypted'))
    expect(types).toEqual([true, false, true])
  })

  test('all platforms and their attestations', async () => {
    const platforms = {
      'linux/amd64': { layers: [first], gzip: true },
      'linux/arm64': { layers: [second], gzip: true },
    }
    const index = buildIndex(platforms, { attestations: true })
    const source = await encrypted({}, index)
    const kept = await blobsIn('encrypted')
    for (const { layers } of Object.values(platforms))
      expect(kept).not.toContain(digestOf(gzipSync(layers[0] ?? first)))
    const opened = await copyImage(source, `oci:${folder}/opened:v1`, decrypting)
    expect(opened.digest).toBe(index.root.digest)
  })

  test('the layers of an image of Docker, which becomes one of OCI', async () => {
    await copyImage(await given(), `dir:${folder}/docker`, { format: 'v2s2' })
    const result = await copyImage(`dir:${folder}/docker`, `dir:${folder}/encrypted`, encrypting)
    expect(result).toMatchObject({ mediaType: 'application/vnd.oci.image.manifest.v1+json' })
    const opened = await copyImage(`dir:${folder}/encrypted`, `oci:${folder}/opened:v1`, decrypting)
    expect(opened.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    expect(await blobsIn('opened')).toEqual(expect.arrayContaining([digestOf(gzipSync(first))]))
  })

  test.each([
    ['of schema 1', 'dir', { format: 'v2s1' }],
    ['of an archive of Docker', 'docker-archive', {}],
    ['of one that can be read once', 'gzipped', {}],
  ] as const)('the layers %s, before any of them is stored', async (_, transport, options) => {
    const place = transport === 'dir' ? `dir:${folder}/made` : `docker-archive:${folder}/made:app:v1`
    await copyImage(await given(withHistory), place, options)
    if (transport === 'gzipped') await writeFile(`${folder}/made`, gzipSync(await readFile(`${folder}/made`)))
    const events: Digest[] = []
    await copyImage(place, `oci:${folder}/encrypted:v1`, {
      ...encrypting,
      onEvent: event => 'digest' in event && event.type === 'copied' && events.push(event.digest as Digest),
    })
    const kept = await blobsIn('encrypted')
    for (const { descriptor, bytes } of await layersIn('encrypted')) {
      expect(descriptor.mediaType).toContain('+encrypted')
      expect(() => gunzipSync(bytes)).toThrow()
    }
    expect([...kept, ...events].filter(digest => plainBlobs.includes(digest))).toEqual([])
    await copyImage(`oci:${folder}/encrypted:v1`, `docker-archive:${folder}/opened.tar:app:v1`, decrypting)
    const archive = await readFile(`${folder}/opened.tar`)
    expect([first, second].map(layer => archive.includes(Buffer.from(layer)))).toEqual([true, true])
  })

  test('not single layers of what can be read once', async () => {
    await copyImage(await given(), `docker-archive:${folder}/made:app:v1`)
    await writeFile(`${folder}/made`, gzipSync(await readFile(`${folder}/made`)))
    const error = await refused(`docker-archive:${folder}/made:app:v1`, { ...encrypting, encryptLayers: [0] })
    expect(error).toMatchObject({ code: 'unsupported' })
  })
})

test('an image that comes once is not decrypted, and that is said', async () => {
  await copyImage(await encrypted(), `oci-archive:${folder}/made:v1`)
  await writeFile(`${folder}/made`, gzipSync(await readFile(`${folder}/made`)))
  const copied = copyImage(`oci-archive:${folder}/made:v1`, `oci:${folder}/opened:v1`, decrypting)
  await expect(copied).rejects.toMatchObject({ code: 'unsupported', side: 'source' })
})

test('without a key an encrypted image is copied as it is', async () => {
  const source = await encrypted()
  const [before] = await layersIn('encrypted')
  const result = await copyImage(source, `oci:${folder}/copy:v1`)
  expect(result.rewritten).toBeUndefined()
  expect(await blobsIn('copy')).toContain(digestOf(before?.bytes ?? first))
})

test('with a key a plain image is copied as it is', async () => {
  const result = await copyImage(await given(), `oci:${folder}/copy:v1`, decrypting)
  expect(result).toMatchObject({ digest: image.root.digest })
  expect(result.rewritten).toBeUndefined()
})

test('nobody remembers which encrypted layer is which plain one, neither here nor in a bucket', async () => {
  const unpacked = buildImage({ layers: [first, second] })
  const bucket = `local://${folder}/bucket//app`
  await copyImage(await given(unpacked), `${bucket}:encrypted`, {
    ...encrypting,
    compression: 'gzip',
    recompress: 'all',
  })
  await copyImage(`${bucket}:encrypted`, `${bucket}:plain`, { ...decrypting, compression: 'none', recompress: 'all' })
  await copyImage(await given(unpacked), `oci:${folder}/layout:v1`, {
    ...encrypting,
    compression: 'gzip',
    recompress: 'all',
  })
  expect(await readdir(`${folder}/bucket/lading/layers`).catch(() => [])).toEqual([])
  expect(await readdir(`${folder}/cache`, { recursive: true }).catch(() => [])).not.toContain('lading/layers.json')
})

test('a layer is opened to others with its bytes as they are, each place with its own keys', async () => {
  const source = await encrypted({ encryptLayers: [0] })
  const result = await copyImage(source, `oci:${folder}/more:v1`, {
    encryptionKeys: [`jwe:${at('other.pub')}`],
    encryptLayers: [0],
    ...decrypting,
  })
  expect(result.rewritten).toBe('layers encrypted for others too')
  const [before] = await layersIn('encrypted')
  const [after] = await layersIn('more')
  expect(digestOf(after?.bytes ?? first)).toBe(digestOf(before?.bytes ?? second))
  for (const name of ['key', 'other']) {
    const opened = await copyImage(`oci:${folder}/more:v1`, `oci:${folder}/${name}:v1`, { decryptionKeys: [at(name)] })
    expect(opened.digest).toBe(image.root.digest)
  }
})
