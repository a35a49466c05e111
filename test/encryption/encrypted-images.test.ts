import { readdir, readFile, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type CopyOptions, copyImage } from '../../src/copy/index.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import {
  at,
  blobsIn,
  decrypting,
  encrypted,
  encrypting,
  first,
  folder,
  given,
  image,
  layersIn,
  plainBlobs,
  refused,
  second,
  withHistory,
} from './encrypted-images.ts'

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
