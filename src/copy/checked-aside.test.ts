import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import type { Compression } from '../streams/index.ts'
import { inChunks } from '../testing/archive-readers.ts'
import { checkedAside } from './checked-aside.ts'

const plain = Buffer.alloc(1_000_000, 'a layer; ')
const gzipped = gzipSync(plain)

async function read(bytes: Uint8Array, compression: Compression, expected: Uint8Array, size = 100): Promise<number> {
  let given = 0
  const ended = (async () => {
    for await (const chunk of checkedAside(inChunks(bytes, size), compression, digestOf(expected)))
      given += chunk.byteLength
  })()
  await ended.catch(error => {
    throw Object.assign(error, { given })
  })
  return given
}

test('the bytes pass as they are where they hold the layer', async () => {
  expect(await read(gzipped, 'gzip', plain)).toBe(gzipped.byteLength)
  expect(await read(plain, 'none', plain, 65_536)).toBe(plain.byteLength)
  expect(await read(Buffer.alloc(0), 'none', Buffer.alloc(0))).toBe(0)
})

test('the last of them does not where they hold another', async () => {
  const error = await read(gzipped, 'gzip', gzipped).catch(thrown => thrown)
  expect(error).toMatchObject({ code: 'not-authentic' })
  expect(error.given).toBeLessThan(gzipped.byteLength)
})

test.each([
  ['are no archive', Buffer.alloc(100_000, 1)],
  ['break off', gzipped.subarray(0, -1)],
  ['go on', Buffer.concat([gzipped, Buffer.from('more')])],
])('bytes that %s are refused', async (_, bytes) => {
  await expect(read(bytes, 'gzip', plain)).rejects.toMatchObject({ code: 'bad-compression' })
})

test('a reader that stops stops all of it, and a source that fails is heard', async () => {
  let closed = false
  async function* source() {
    try {
      for (;;) yield gzipped.subarray(0, 100)
    } finally {
      closed = true
    }
  }
  for await (const _ of checkedAside(source(), 'none', digestOf(plain))) break
  expect(closed).toBe(true)
  // biome-ignore lint/correctness/useYield: it fails before it gives anything
  async function* failing(): AsyncGenerator<Uint8Array> {
    throw new Error('the source failed')
  }
  await expect(Array.fromAsync(checkedAside(failing(), 'gzip', digestOf(plain)))).rejects.toThrow('the source failed')
})
