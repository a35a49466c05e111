import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { copyImage } from '../../src/copy/index.ts'
import { digestOf, digestParts } from '../../src/model/digest.ts'
import { parseManifest } from '../../src/model/manifest.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type Peer, peer } from '../services/peer.ts'
import { type Keys, makeKeys } from './keys.ts'

const layers = ['first', 'second', 'third'].map(name => tarArchive({ name, body: `${name}; `.repeat(10_000) }))
const image = buildImage({ layers, gzip: true })

type Kind = keyof Keys['recipients']

describeWithServices(['skopeo', 'openssl', 'gpg'], 'images that skopeo encrypts and decrypts', () => {
  let skopeo: Peer
  let keys: Keys
  let plain: string

  beforeAll(async () => {
    skopeo = peer('skopeo')
    keys = await makeKeys(await newFolder())
    for (const [name, value] of Object.entries(keys.env)) vi.stubEnv(name, value)
    const folder = await newFolder()
    await writeLayout(folder, { v1: image })
    plain = `oci:${folder}:v1`
  }, 60_000)
  afterAll(() => void vi.unstubAllEnvs())

  const of = (kinds: readonly Kind[]) => kinds.map(kind => keys.recipients[kind])
  const encryptionKeys = (...kinds: readonly Kind[]) => of(kinds).map(({ encryptionKey }) => encryptionKey)
  const decryptionKeys = (...kinds: readonly Kind[]) => of(kinds).flatMap(one => one.decryptionKeys)
  const options = (name: string, values: readonly (string | number)[]) => values.flatMap(value => [name, String(value)])
  const runSkopeo = (...words: readonly string[]) => skopeo.run(['copy', ...words], { env: keys.env })

  /** What the layers of an image are called, and what they hold. */
  async function layersOf(reference: string) {
    const [, folder = ''] = reference.split(':')
    const read = async (digest: `sha256:${string}`) =>
      await readFile(path.join(folder, 'blobs/sha256', digestParts(digest).hex))
    const index = JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8'))
    const manifest = parseManifest(await read(index.manifests[0].digest))
    if (manifest.kind === 'index') throw new Error('an index')
    return await Promise.all(
      manifest.layers.map(async ({ mediaType, digest, annotations }) => ({
        type: mediaType.replace('application/vnd.oci.image.layer.v1.', ''),
        keys: Object.keys(annotations ?? {}).map(name => name.replace('org.opencontainers.image.enc.', '')),
        bytes: await read(digest as `sha256:${string}`),
      })),
    )
  }

  async function expectPlain(reference: string): Promise<void> {
    const found = await layersOf(reference)
    expect(found.map(({ type, keys: said }) => ({ type, said }))).toEqual(
      layers.map(() => ({ type: 'tar+gzip', said: [] })),
    )
    expect(found.map(({ bytes }) => digestOf(gunzipSync(bytes)))).toEqual(layers.map(layer => digestOf(layer)))
  }

  const kinds: readonly Kind[] = ['jwe RSA', 'jwe EC', 'pgp', 'pkcs7', 'provider']

  describe.each(kinds)('for %s', kind => {
    test('are encrypted here, and decrypted by it and here', async () => {
      const folder = await newFolder()
      const encrypted = `oci:${folder}/encrypted:v1`
      const result = await copyImage(plain, encrypted, { encryptionKeys: encryptionKeys(kind) })
      expect(result.rewritten).toBe('layers encrypted')
      for (const { type, bytes } of await layersOf(encrypted)) {
        expect(type).toBe('tar+gzip+encrypted')
        expect(() => gunzipSync(bytes)).toThrow()
      }
      await runSkopeo(...options('--decryption-key', decryptionKeys(kind)), encrypted, `oci:${folder}/theirs:v1`)
      await expectPlain(`oci:${folder}/theirs:v1`)
      const opened = await copyImage(encrypted, `oci:${folder}/ours:v1`, { decryptionKeys: decryptionKeys(kind) })
      expect(opened.rewritten).toBe('layers decrypted')
      await expectPlain(`oci:${folder}/ours:v1`)
    })

    test('are encrypted by it, and decrypted here', async () => {
      const folder = await newFolder()
      const encrypted = `oci:${folder}/encrypted:v1`
      await runSkopeo(...options('--encryption-key', encryptionKeys(kind)), plain, encrypted)
      await copyImage(encrypted, `oci:${folder}/ours:v1`, { decryptionKeys: decryptionKeys(kind) })
      await expectPlain(`oci:${folder}/ours:v1`)
    })
  })

  test('for several, each of whom opens them', async () => {
    const folder = await newFolder()
    const all = encryptionKeys(...kinds, 'jwe of another')
    await copyImage(plain, `oci:${folder}/ours:v1`, { encryptionKeys: all })
    await runSkopeo(...options('--encryption-key', all), plain, `oci:${folder}/theirs:v1`)
    for (const kind of [...kinds, 'jwe of another'] as const) {
      const name = kind.replaceAll(' ', '-')
      const given = decryptionKeys(kind)
      await runSkopeo(...options('--decryption-key', given), `oci:${folder}/ours:v1`, `oci:${folder}/theirs-${name}:v1`)
      await expectPlain(`oci:${folder}/theirs-${name}:v1`)
      await copyImage(`oci:${folder}/theirs:v1`, `oci:${folder}/ours-${name}:v1`, { decryptionKeys: given })
      await expectPlain(`oci:${folder}/ours-${name}:v1`)
    }
  })

  test('in part, by places that count from both ends', async () => {
    const folder = await newFolder()
    const ours = `oci:${folder}/ours:v1`
    const theirs = `oci:${folder}/theirs:v1`
    const encryptLayers = [0, -1]
    await copyImage(plain, ours, { encryptionKeys: encryptionKeys('jwe RSA'), encryptLayers })
    const given = options('--encryption-key', encryptionKeys('jwe RSA'))
    await runSkopeo(...given, ...options('--encrypt-layer', encryptLayers), plain, theirs)
    for (const reference of [ours, theirs]) {
      const types = (await layersOf(reference)).map(({ type }) => type)
      expect(types).toEqual(['tar+gzip+encrypted', 'tar+gzip', 'tar+gzip+encrypted'])
    }
    await runSkopeo(...options('--decryption-key', decryptionKeys('jwe RSA')), ours, `oci:${folder}/opened:v1`)
    await expectPlain(`oci:${folder}/opened:v1`)
  })

  test('for one more, and their bytes stay', async () => {
    const folder = await newFolder()
    const first = `oci:${folder}/first:v1`
    const more = `oci:${folder}/more:v1`
    await runSkopeo(...options('--encryption-key', encryptionKeys('jwe RSA')), plain, first)
    const result = await copyImage(first, more, {
      encryptionKeys: encryptionKeys('pkcs7', 'jwe of another'),
      decryptionKeys: decryptionKeys('jwe RSA'),
    })
    expect(result.rewritten).toBe('layers encrypted for others too')
    const bytes = async (reference: string) => (await layersOf(reference)).map(layer => digestOf(layer.bytes))
    expect(await bytes(more)).toEqual(await bytes(first))
    for (const kind of ['jwe RSA', 'pkcs7', 'jwe of another'] as const) {
      const opened = `oci:${folder}/${kind.replaceAll(' ', '-')}:v1`
      await runSkopeo(...options('--decryption-key', decryptionKeys(kind)), more, opened)
      await expectPlain(opened)
    }
  })

  test('compressed by it on the way, so that the digest it seals is of other bytes', async () => {
    const folder = await newFolder()
    const given = options('--encryption-key', encryptionKeys('jwe RSA'))
    await runSkopeo(...given, '--dest-compress-format', 'zstd', plain, `oci:${folder}/encrypted:v1`)
    await copyImage(`oci:${folder}/encrypted:v1`, `oci:${folder}/opened:v1`, {
      decryptionKeys: decryptionKeys('jwe RSA'),
      compression: 'gzip',
      recompress: 'all',
    })
    await expectPlain(`oci:${folder}/opened:v1`)
  })

  test('that are no archives, as attestations are', async () => {
    const folder = await newFolder()
    const statement = Buffer.from('{"statement":"what is in it"}')
    const mediaType = 'application/vnd.in-toto+json'
    const manifest = { layers: [{ mediaType, digest: digestOf(statement), size: statement.byteLength }] }
    await writeLayout(`${folder}/plain`, { v1: buildImage({ layers: [statement], manifest }) })
    const encrypted = `oci:${folder}/encrypted:v1`
    await copyImage(`oci:${folder}/plain:v1`, encrypted, { encryptionKeys: encryptionKeys('jwe RSA') })
    expect(await layersOf(encrypted)).toMatchObject([{ type: `${mediaType}+encrypted` }])
    await copyImage(encrypted, `oci:${folder}/ours:v1`, { decryptionKeys: decryptionKeys('jwe RSA') })
    await runSkopeo(...options('--decryption-key', decryptionKeys('jwe RSA')), encrypted, `oci:${folder}/theirs:v1`)
    for (const reference of [`oci:${folder}/ours:v1`, `oci:${folder}/theirs:v1`]) {
      expect(await layersOf(reference)).toEqual([{ type: mediaType, keys: [], bytes: statement }])
    }
  })
})
