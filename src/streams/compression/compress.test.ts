import { availableParallelism } from 'node:os'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLadingError } from '../../errors/index.ts'
import { readAll } from '../read-all.ts'
import { compress } from './compress.ts'
import { decompress } from './decompress.ts'
import { sniffCompression } from './sniff-compression.ts'

const mib = 1024 * 1024
/** Neither random nor the same everywhere, and no whole number of pieces. */
const content = Buffer.alloc(9 * mib + 12_345, 'some words, and more words; ')
for (let at = 0; at < content.byteLength; at += 97) content[at] = (at * 31) % 256

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.byteLength; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await readAll(stream, Number.MAX_SAFE_INTEGER, 'the content'))
}

describe.each(['gzip', 'zstd'] as const)('%s', format => {
  test('is what can be uncompressed again', async () => {
    const made = await whole(compress(cut(content, [65_536]), format))
    expect(sniffCompression(made)).toBe(format)
    expect(made.byteLength).toBeLessThan(content.byteLength)
    expect((await whole(decompress(cut(made, [65_536]), format))).equals(content)).toBe(true)
  })

  test('is the same however the bytes are cut', async () => {
    const expected = await whole(compress(cut(content, [content.byteLength]), format, { level: 1 }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: mib - 1, max: 5 * mib })), {
          minLength: 1,
          maxLength: 5,
        }),
        async sizes => {
          // A content of single bytes would take a while.
          const made = await whole(compress(cut(content, [...sizes, 30_000]), format, { level: 1 }))
          expect(made.equals(expected)).toBe(true)
        },
      ),
      { numRuns: 10 },
    )
  })

  test('of nothing, or of empty chunks, is a whole empty content', async () => {
    async function* empty() {
      yield new Uint8Array()
    }
    for (const stream of [cut(new Uint8Array(), [1]), empty()]) {
      const made = await whole(compress(stream, format))
      expect(sniffCompression(made)).toBe(format)
      expect(await whole(decompress(cut(made, [1]), format))).toEqual(Buffer.alloc(0))
    }
  })

  test('a level makes a difference, and one that there is not is refused', async () => {
    const sizes = []
    for (const level of [1, 9]) sizes.push((await whole(compress(cut(content, [mib]), format, { level }))).byteLength)
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
    for (const level of [0, format === 'gzip' ? 10 : 21, 1.5]) {
      await expect(whole(compress(cut(content, [mib]), format, { level }))).rejects.toSatisfy(error =>
        isLadingError(error, 'bad-argument'),
      )
    }
  })

  test('no more than a piece for every core and one are read ahead of what is taken', async () => {
    let read = 0
    let yielded = 0
    async function* source() {
      for (let i = 0; i < 40; i++) {
        read += 1
        yield new Uint8Array(mib)
      }
    }
    for await (const _ of compress(source(), format, { level: 1 })) {
      yielded += 1
      expect(read - yielded).toBeLessThanOrEqual(availableParallelism() + 1)
    }
    expect(yielded).toBe(40)
  })

  test('a chunk keeps no more memory than it has bytes', async () => {
    for await (const chunk of compress(cut(new Uint8Array(5 * mib), [mib]), format)) {
      expect(chunk.buffer.byteLength).toBe(chunk.byteLength)
    }
  })

  test('an error of the source comes out unchanged', async () => {
    const failure = new Error('planted')
    async function* failing() {
      yield content.subarray(0, 6 * mib)
      throw failure
    }
    await expect(whole(compress(failing(), format))).rejects.toBe(failure)
  })

  test('left early, it reads no more and closes its source', async () => {
    let closed = false
    async function* source() {
      try {
        for (;;) yield content
      } finally {
        closed = true
      }
    }
    for await (const _ of compress(source(), format, { level: 1 })) break
    expect(closed).toBe(true)
  })
})

test('a member of gzip tells no time', async () => {
  const made = await whole(compress(cut(content, [mib]), 'gzip'))
  expect(made.readUInt32LE(4)).toBe(0)
  expect(gunzipSync(made).equals(content)).toBe(true)
})

test('a frame of zstd says how large its content is: it was compressed with tables no larger than that needs', async () => {
  const made = await whole(compress(cut(content, [65_536]), 'zstd', { level: 19 }))
  // RFC 8878, 3.1.1.1.1: the sizes of the fields after the descriptor, of which one is the content's.
  const descriptor = made[4] ?? 0
  expect(descriptor >> 6 !== 0 || (descriptor & 0x20) !== 0).toBe(true)
})
