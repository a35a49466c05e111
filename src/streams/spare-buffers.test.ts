import { expect, test } from 'vitest'
import { pieces } from './pieces.ts'
import { SpareBuffers } from './spare-buffers.ts'

test('a buffer that was given back is used again, and no other ever is', () => {
  const buffers = new SpareBuffers(8)
  const first = buffers.take()
  const others = new Uint8Array(8)
  buffers.give(others)
  buffers.give(first.subarray(0, 8))
  expect(buffers.take()).not.toBe(first)
  buffers.give(first)
  expect(buffers.take()).toBe(first)
})

test('a piece within a chunk stays its producer’s, though it is given back', async () => {
  const chunk = Uint8Array.of(1, 2, 3, 4)
  async function* source() {
    yield chunk
    yield Uint8Array.of(5)
    yield Uint8Array.of(6, 7, 8)
  }
  const buffers = new SpareBuffers(4)
  for await (const piece of pieces(source(), 4, buffers)) buffers.give(piece)
  expect(chunk).toEqual(Uint8Array.of(1, 2, 3, 4))
  expect(buffers.take()).not.toBe(chunk)
})
