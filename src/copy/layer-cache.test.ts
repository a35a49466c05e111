import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { ociLayerGzip } from '../model/media-types.ts'
import { bytesOf } from '../streams/index.ts'
import { memoryDestination } from '../testing/memory-image.ts'
import { rememberingDestination } from './layer-cache.ts'

const diffId = digestOf(Buffer.from('uncompressed'))
const content = Buffer.from('compressed')
const variant = { mediaType: ociLayerGzip, digest: digestOf(content), size: content.byteLength, level: 9 }

let home: string
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'lading-test-'))
})

/** A place that keeps no record of layers itself. */
function place() {
  const { variants: _, rememberVariant: __, ...rest } = memoryDestination()
  return rememberingDestination(rest, { XDG_CACHE_HOME: home })
}

test('a layer is found where its blob is, also by another copy', async () => {
  const first = place()
  expect(await first.variants?.(diffId)).toEqual([])
  await first.rememberVariant?.(diffId, variant)
  const second = place()
  expect(await second.variants?.(diffId)).toEqual([])
  await second.push({ kind: 'layer', ...variant }, bytesOf(content))
  expect(await second.variants?.(diffId)).toEqual([variant])
})

test('layers that are remembered at the same time are all kept', async () => {
  const destination = place()
  const digests = Array.from({ length: 20 }, (_, at) => digestOf(Buffer.from([at])))
  await Promise.all(digests.map(digest => destination.rememberVariant?.(digest, variant)))
  const kept = JSON.parse(await readFile(path.join(home, 'lading/layers.json'), 'utf8'))
  expect(Object.keys(kept)).toEqual(digests)
})

test('a file that cannot be written leaves nothing behind', async () => {
  await mkdir(path.join(home, 'lading/layers.json'), { recursive: true })
  await place().rememberVariant?.(diffId, variant)
  expect(await readdir(path.join(home, 'lading'))).toEqual(['layers.json'])
})

test('a layer that stays uncompressed is not written down', async () => {
  await place().rememberVariant?.(variant.digest, variant)
  await expect(readFile(path.join(home, 'lading/layers.json'))).rejects.toThrow('ENOENT')
})

test.each([
  '{',
  '[]',
  '{"sha256:x":[]}',
  `{"${diffId}":[{"digest":1}]}`,
])('a file that cannot be understood is written anew: %s', async text => {
  const first = place()
  await first.rememberVariant?.(diffId, variant)
  await writeFile(path.join(home, 'lading/layers.json'), text)
  const destination = place()
  await destination.push({ kind: 'layer', ...variant }, bytesOf(content))
  expect(await destination.variants?.(diffId)).toEqual([])
  await destination.rememberVariant?.(diffId, variant)
  await place().variants?.(diffId)
  expect(JSON.parse(await readFile(path.join(home, 'lading/layers.json'), 'utf8'))).toEqual({ [diffId]: [variant] })
})

test('a home that cannot be written to is no error', async () => {
  home = '/dev/null/nowhere'
  const destination = place()
  await destination.rememberVariant?.(diffId, variant)
  expect(await destination.variants?.(diffId)).toEqual([])
})

test('a place that remembers itself is left alone', () => {
  const own = { ...memoryDestination(), variants: async () => [], rememberVariant: async () => {} }
  expect(rememberingDestination(own)).toBe(own)
})
