import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentSplitter } from './content-splitter.ts'

/** The chunks of a file that comes in pieces of these sizes. */
function chunksOf(content: Uint8Array, sizes: readonly number[] = [content.byteLength || 1]) {
  const splitter = new ContentSplitter()
  const chunks: { bytes: Buffer; zeros: boolean }[] = []
  let open: Uint8Array[] = []
  const take = (parts: ReturnType<ContentSplitter['push']>) => {
    for (const part of parts) {
      open.push(part.bytes)
      if (part.ends) chunks.push({ bytes: Buffer.concat(open), zeros: part.zeros })
      if (part.ends) open = []
    }
  }
  for (let at = 0, i = 0; at < content.byteLength; i += 1) {
    const size = sizes[i % sizes.length] ?? 1
    take(splitter.push(content.subarray(at, at + size)))
    at += size
  }
  take(splitter.end())
  expect(open).toEqual([])
  return chunks
}

function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    // No zeros: holes are where a test puts them.
    bytes[at] = (state >>> 24) % 255 || 1
  }
  return bytes
}

/** What it has to be, byte by byte, without anything that makes it fast. */
function expected(content: Uint8Array): { size: number; zeros: boolean }[] {
  const chunks: { size: number; zeros: boolean }[] = []
  const window: number[] = new Array(64).fill(0)
  let sum1 = 64 * 31
  let sum2 = 64 * 63 * 31
  let size = 0
  const end = () => {
    if (size > 0) chunks.push({ size, zeros: false })
    size = 0
  }
  const roll = (byte: number) => {
    const dropped = window.shift() ?? 0
    window.push(byte)
    sum1 += byte - dropped
    sum2 = (sum2 + sum1 - 64 * (dropped + 31)) & 0xffff
  }
  for (let at = 0; at < content.byteLength; ) {
    let zeros = 0
    while (content[at + zeros] === 0) zeros += 1
    if (zeros >= 1024) {
      end()
      chunks.push({ size: zeros, zeros: true })
      for (let i = 0; i < zeros; i += 1) roll(0)
      at += zeros
      continue
    }
    const run = Math.max(zeros, 1)
    for (let i = 0; i < run; i += 1) {
      roll(content[at + i] ?? 0)
      size += 1
      if (sum2 === 0xffff) end()
    }
    at += run
  }
  end()
  return chunks
}

const contents = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 5, 1023, 1024, 1025, 3000), fc.nat(120_000), fc.nat()), { maxLength: 5 })
  .map(runs => Buffer.concat(runs.flatMap(([zeros, size, seed]) => [Buffer.alloc(zeros), noise(size, seed)])))
const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 })

test('chunks are where the rolling checksum and the holes are, however the content comes', () => {
  fc.assert(
    fc.property(contents, sizes, fc.integer({ min: 0, max: 3000 }), (content, cuts, zeros) => {
      const file = Buffer.concat([content, Buffer.alloc(zeros)])
      const chunks = chunksOf(file, cuts)
      expect(Buffer.concat(chunks.map(chunk => chunk.bytes)).equals(file)).toBe(true)
      expect(chunks.map(chunk => ({ size: chunk.bytes.byteLength, zeros: chunk.zeros }))).toEqual(expected(file))
    }),
    { numRuns: 40 },
  )
})

test('a large file has many chunks, and a change of it changes few', () => {
  const file = noise(4_000_000)
  const before = chunksOf(file).map(({ bytes }) => bytes.toString('base64'))
  expect(before.length).toBeGreaterThan(20)
  const after = chunksOf(Buffer.concat([file.subarray(0, 2_000_000), Buffer.from('more'), file.subarray(2_000_000)]))
  const changed = after.filter(({ bytes }) => !before.includes(bytes.toString('base64')))
  expect(changed.length).toBeGreaterThan(0)
  expect(changed.length).toBeLessThanOrEqual(2)
})

test('records of the window’s length that repeat are not cut apart', () => {
  const records = Array.from({ length: 20_000 }, (_, seed) => noise(64, seed))
  // The sum of most says so nowhere.
  const unlucky = records.find(record => expected(Buffer.concat(new Array(4).fill(record))).length > 3)
  const file = Buffer.concat(new Array(1000).fill(unlucky))
  expect(expected(file).length).toBeGreaterThan(990)
  expect(chunksOf(file).length).toBeLessThan(4)
})
