import { availableParallelism } from 'node:os'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLadingError } from '../../../errors/index.ts'
import { readChunkedLayer } from '../../../testing/read-chunked-layer.ts'
import { paxBody, type RawEntry, tarArchive, tarEntry } from '../../../testing/tar-blocks.ts'
import { readAll } from '../../read-all.ts'
import { decompress } from '../decompress.ts'
import { compressChunked } from './compress-chunked.ts'

const mib = 1024 * 1024

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.byteLength; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await readAll(stream, Number.MAX_SAFE_INTEGER, 'the content'))
}

async function made(archive: Uint8Array, sizes: readonly number[] = [65_536], level?: number) {
  const layer = compressChunked(cut(archive, sizes), { level })
  return { bytes: await whole(layer.bytes), annotations: layer.annotations() }
}

/** Bytes that look random, and are the same every time. */
function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.tuple(fc.nat(300_000), fc.nat()).map(([size, seed]) => noise(size, seed)),
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.uint8Array({ maxLength: 100 })), { maxLength: 5 })
    .map(runs => Buffer.concat(runs.flatMap(([zeros, bytes]) => [Buffer.alloc(zeros), bytes]))),
)
const name = fc.stringMatching(/^[a-z0-9é☃._-]{1,30}$/)

/** Some of what stands in layers. Every entry has a folder of its own, so that no name comes twice. */
const archives = fc
  .array(fc.tuple(fc.constantFrom('0', 'long', 'pax', '1', '2', '3', '5', '6'), name, content), { maxLength: 8 })
  .chain(entries =>
    fc.record({
      entries: fc.constant(
        entries.flatMap(([kind, last, body], index): RawEntry[] => {
          const file = `${index}/${last}`
          const long = `${index}/${'long/'.repeat(40)}${last}`
          if (kind === 'long')
            return [
              { name: '././@LongLink', flag: 'L', body: `${long}\0` },
              { name: 'x', body },
            ]
          if (kind === 'pax')
            return [
              { name: 'pax', flag: 'x', body: paxBody({ path: long, mtime: '1.5' }) },
              { name: 'x', body },
            ]
          if (kind === '0') return [{ name: file, body }]
          return [{ name: kind === '5' ? `${file}/` : file, flag: kind, link: kind === '1' || kind === '2' ? 'a' : '' }]
        }),
      ),
      zeros: fc.nat(30),
    }),
  )
  .map(({ entries, zeros }) => Buffer.concat([tarArchive(...entries), Buffer.alloc(zeros * 512)]))

describe('a layer', () => {
  test('is the archive again, read as zstd and read by its table', async () => {
    await fc.assert(
      fc.asyncProperty(
        archives,
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 }),
        async (archive, sizes) => {
          const { bytes, annotations } = await made(archive, [...sizes, 10_000])
          expect((await whole(decompress(cut(bytes, [65_536]), 'zstd'))).equals(archive)).toBe(true)
          const read = await readChunkedLayer(bytes, annotations)
          expect(Buffer.from(read.archive).equals(archive)).toBe(true)
          expect((await made(archive)).bytes.equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('says in its footer what its annotations say', async () => {
    const { bytes, annotations } = await made(tarArchive({ name: 'a', body: 'b' }))
    const footer = bytes.subarray(-64)
    const numbers = [0, 1, 2, 3, 4, 5, 6].map(at => Number(footer.readBigUInt64LE(at * 8)))
    expect(annotations).toMatchObject({
      'io.github.containers.zstd-chunked.manifest-position': numbers.slice(0, 4).join(':'),
      'io.github.containers.zstd-chunked.tarsplit-position': numbers.slice(4).join(':'),
      'io.containers.zstd-chunked.manifest-position': numbers.slice(0, 4).join(':'),
    })
    expect(footer.subarray(56).toString()).toBe('GNUlInUx')
    expect([...bytes.subarray(-72, -64)]).toEqual([0x50, 0x2a, 0x4d, 0x18, 64, 0, 0, 0])
  })

  test('has a file of several pieces as one chunk where its content says nothing else', async () => {
    const body = Buffer.alloc(9 * mib, 'x')
    const { bytes, annotations } = await made(tarArchive({ name: 'a', body }), [mib])
    const { entries, archive } = await readChunkedLayer(bytes, annotations)
    expect(entries.map(({ type, size }) => [type, size])).toEqual([['reg', 9 * mib]])
    expect(Buffer.from(archive).equals(Buffer.from(tarArchive({ name: 'a', body })))).toBe(true)
  })

  test('of an archive without its end, with more after it, or without anything, is one', async () => {
    for (const archive of [
      Buffer.alloc(0),
      tarEntry({ name: 'a', body: 'b' }),
      tarEntry({ name: 'a', body: 'b' }).subarray(0, 513),
      Buffer.concat([tarArchive({ name: 'a' }), Buffer.alloc(2 * mib + 1024), Buffer.from('junk')]),
    ]) {
      const { bytes, annotations } = await made(archive)
      expect((await whole(decompress(cut(bytes, [7]), 'zstd'))).equals(archive)).toBe(true)
      expect(Buffer.from((await readChunkedLayer(bytes, annotations)).archive).equals(archive)).toBe(true)
    }
  })

  test('that is cut off, or that something follows, is not uncompressed', async () => {
    const { bytes } = await made(tarArchive({ name: 'a', body: noise(100_000) }))
    for (const end of [bytes.byteLength - 1, bytes.byteLength - 65, 50_000, 3]) {
      await expect(whole(decompress(cut(bytes.subarray(0, end), [4096]), 'zstd'))).rejects.toSatisfy(error =>
        isLadingError(error, 'bad-compression'),
      )
    }
    await expect(whole(decompress(cut(Buffer.concat([bytes, Buffer.from('more')]), [4096]), 'zstd'))).rejects.toSatisfy(
      error => isLadingError(error, 'bad-compression'),
    )
  })
})

describe('compressing', () => {
  const words = tarArchive({
    name: 'a',
    body: 'some words, and more words; '.repeat(20_000) + noise(50_000).toString('hex'),
  })

  test('a level makes a difference, and one that there is not is refused', async () => {
    const sizes = await Promise.all([1, 20].map(async level => (await made(words, [65_536], level)).bytes.byteLength))
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0)
    for (const level of [0, 21, 1.5]) {
      await expect(made(words, [65_536], level)).rejects.toSatisfy(error => isLadingError(error, 'bad-argument'))
    }
  })

  test('the annotations are not known before the end', async () => {
    const layer = compressChunked(cut(words, [65_536]))
    expect(() => layer.annotations()).toThrow('has not all been compressed')
    await layer.bytes.next()
    expect(() => layer.annotations()).toThrow('has not all been compressed')
    await layer.bytes.return()
  })

  test('no more than some pieces are read ahead of what is taken', async () => {
    const size = 80 * mib
    let read = 0
    let taken = 0
    async function* source() {
      yield tarEntry({ name: 'a', size: `${size.toString(8).padStart(11, '0')}\0` })
      for (const chunk = new Uint8Array(mib).fill(7); read < size; read += mib) yield chunk
      yield new Uint8Array(1024)
    }
    for await (const _ of compressChunked(source(), { level: 1 }).bytes) {
      taken += 1
      // The first frame is the header.
      expect(read).toBeLessThanOrEqual((taken + availableParallelism() + 2) * 4 * mib)
    }
    expect(read).toBe(size)
  })

  test('an error of the source comes out unchanged', async () => {
    const failure = new Error('planted')
    async function* failing() {
      yield words.subarray(0, 100_000)
      throw failure
    }
    await expect(whole(compressChunked(failing()).bytes)).rejects.toBe(failure)
  })

  test('left early, it closes its source', async () => {
    let closed = false
    async function* source() {
      try {
        yield tarEntry({ name: 'a', size: '77777777777\0' })
        for (;;) yield noise(mib)
      } finally {
        closed = true
      }
    }
    for await (const _ of compressChunked(source(), { level: 1 }).bytes) break
    expect(closed).toBe(true)
  })
})
