import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { CopyOptions } from '../../src/copy/index.ts'
import { copyImage } from '../../src/copy/index.ts'
import { isLadingError } from '../../src/errors/index.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { type EditedLayer, editLayout } from './edit-layout.ts'

export const [first, second] = ['first', 'second'].map(name =>
  tarArchive({ name, body: `${name}; `.repeat(50_000) }),
) as [Uint8Array, Uint8Array]
export const image = buildImage({ layers: [first, second], gzip: true })
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
export const withHistory = { ...built, blobs: new Map([...built.blobs, [digestOf(config), config]]) }
export const plainBlobs = [first, second, gzipSync(first), gzipSync(second)].map(bytes => digestOf(bytes))
export const enc = 'org.opencontainers.image.enc.'

const keyFolder = await mkdtemp(path.join(tmpdir(), 'lading-keys-'))
afterAll(() => rm(keyFolder, { recursive: true }))
export const at = (name: string) => path.join(keyFolder, name)
const pem = { format: 'pem' } as const
export const passphrase = 'a long passphrase'

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

export const encrypting = { encryptionKeys: [`jwe:${at('key.pub')}`] }
export const decrypting = { decryptionKeys: [at('key')] }

export let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'))
  return async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  }
})

export async function given(what: BuiltImage = image): Promise<string> {
  await writeLayout(`${folder}/plain`, { v1: what })
  return `oci:${folder}/plain:v1`
}

export async function encrypted(options: CopyOptions = {}, what?: BuiltImage, name = 'encrypted'): Promise<string> {
  await copyImage(await given(what), `oci:${folder}/${name}:v1`, { ...encrypting, ...options })
  return `oci:${folder}/${name}:v1`
}

/** The digests of all that is stored there. */
export async function blobsIn(name: string): Promise<Digest[]> {
  const names = await readdir(`${folder}/${name}/blobs/sha256`).catch(() => [])
  return await Promise.all(names.map(async hex => digestOf(await readFile(`${folder}/${name}/blobs/sha256/${hex}`))))
}

export async function layersIn(name: string): Promise<EditedLayer[]> {
  const layers: EditedLayer[] = []
  await editLayout(`${folder}/${name}`, found => {
    layers.push(...found)
    return found
  })
  return layers
}

/** How a copy with a key ends that must not succeed, and that it has kept nothing. */
export async function refused(source: string, options: CopyOptions = decrypting) {
  const error = await copyImage(source, `oci:${folder}/opened:v1`, options).catch((thrown: unknown) => thrown)
  if (!isLadingError(error)) throw new Error(`it was not refused: ${error}`)
  const kept = await blobsIn('opened')
  expect(kept.filter(digest => plainBlobs.includes(digest))).toEqual([])
  expect(kept.length).toBeLessThanOrEqual(1)
  expect(await readdir(`${folder}/opened`).catch(() => [])).not.toContain('index.json')
  return error
}
