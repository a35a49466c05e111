import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PartBuffers } from './part-buffers.ts'
import { readParts } from './read-parts.ts'

const partSize = 8

async function* chunksOf(chunks: readonly Uint8Array[]) {
  yield* chunks
}

const options = (buffers: PartBuffers, size?: number) => ({ partSize, size, buffers, signal: undefined })

test('any body comes in parts of one size but the last, which is told', async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(bodies, fc.boolean(), async (chunks, sizeKnown) => {
      const whole = Buffer.concat(chunks)
      const buffers = new PartBuffers(partSize, partSize)
      const read: Uint8Array[] = []
      const last: boolean[] = []
      for await (const part of readParts(
        chunksOf(chunks),
        options(buffers, sizeKnown ? whole.byteLength : undefined),
      )) {
        expect(part.number).toBe(read.length + 1)
        expect(Buffer.from(part.md5)).toEqual(createHash('md5').update(part.bytes).digest())
        expect(part.bytes.byteLength).toBe(Math.min(partSize, whole.byteLength - (part.number - 1) * partSize))
        read.push(new Uint8Array(part.bytes))
        last.push(part.last)
        part.release()
      }
      expect(Buffer.concat(read)).toEqual(whole)
      expect(last).toEqual(last.map((_, i) => i === read.length - 1))
      expect(last).not.toEqual([])
      const everything = await buffers.acquire(partSize)
      expect(everything.bytes.byteLength).toBe(partSize)
    }),
  )
})

test('a body that fails gives its memory back, and its last part never comes', async () => {
  const failure = new Error('planted')
  async function* failing() {
    yield new Uint8Array(partSize)
    throw failure
  }
  const buffers = new PartBuffers(partSize, partSize)
  await expect(readParts(failing(), options(buffers)).next()).rejects.toBe(failure)
  await buffers.acquire(partSize)
})

test('who stops early gets no more, and the body is closed', async () => {
  let closed = false
  async function* endless() {
    try {
      for (;;) yield new Uint8Array(partSize)
    } finally {
      closed = true
    }
  }
  const buffers = new PartBuffers(2 * partSize, partSize)
  for await (const part of readParts(endless(), options(buffers))) {
    part.release()
    break
  }
  expect(closed).toBe(true)
  await Promise.all([buffers.acquire(partSize), buffers.acquire(partSize)])
})
