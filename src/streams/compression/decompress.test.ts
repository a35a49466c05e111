import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import path from 'node:path'
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import { isLadingError } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { readAll } from '../read-all.ts'
import type { Compression } from './compression.ts'
import { decompress } from './decompress.ts'
import { decompressed } from './decompressed.ts'

const utf8 = new TextEncoder()
const hello = utf8.encode('hello, hello, hello, hello')
/** Half as many bytes when compressed: of its bytes, four bits are random. */
const many = new Uint8Array(600_000).map((_, at) => (Math.imul(at ^ (at >>> 7), 0x9e3779b1) >>> 20) & 15)

async function* chunksOf(content: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size)
}

async function contentOf(stream: ByteStream): Promise<Buffer> {
  return Buffer.from(await readAll(stream, Number.MAX_SAFE_INTEGER, 'the content'))
}

function isBad(error: unknown): boolean {
  return isLadingError(error, 'bad-compression')
}

function hasProgram(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: ['ignore', 'ignore', 'ignore'] })
    return true
  } catch {
    return false
  }
}

/** A frame without its size, of several blocks: what a compressor of streams makes. */
async function streamedFrame(content: Uint8Array, params: Record<number, number> = {}): Promise<Buffer> {
  const encoder = createZstdCompress({ params })
  const made = encoder.toArray()
  for (let at = 0; at < content.byteLength; at += 100_000) encoder.write(content.subarray(at, at + 100_000))
  encoder.end()
  return Buffer.concat(await made)
}

function skipped(content: string): Buffer {
  const frame = Buffer.alloc(8 + content.length)
  frame.writeUInt32LE(0x184d2a53)
  frame.writeUInt32LE(content.length, 4)
  frame.write(content, 8)
  return frame
}

/** The same content, and how it is compressed here: made by whoever is at hand. */
const makers: Readonly<Record<Exclude<Compression, 'none'>, (content: Uint8Array) => Buffer>> = {
  gzip: content => gzipSync(content),
  zstd: content => zstdCompressSync(content),
  bzip2: content => execFileSync('bzip2', { input: content }),
  xz: content => execFileSync('xz', { input: content }),
}

describe.each(
  (['gzip', 'zstd', 'bzip2', 'xz'] as const).map(name => ({
    name,
    present: name === 'gzip' || name === 'zstd' || hasProgram(name),
  })),
)('$name', ({ name, present }) => {
  const of = (content: Uint8Array) => makers[name](content)
  const check = test.skipIf(!present)

  check.each([1, 7, 1000, 65_536])('is uncompressed in chunks of %i bytes', async size => {
    expect(await contentOf(decompress(chunksOf(of(hello), size), name))).toEqual(Buffer.from(hello))
    expect(await contentOf(decompressed(chunksOf(of(hello), size)))).toEqual(Buffer.from(hello))
  })

  check('several behind each other are one content', async () => {
    const parts = [of(hello), of(new Uint8Array()), of(many), of(hello)]
    const whole = Buffer.concat([hello, many, hello])
    expect((await contentOf(decompress(chunksOf(Buffer.concat(parts)), name))).equals(whole)).toBe(true)
    async function* apart() {
      yield* parts
    }
    expect((await contentOf(decompress(apart(), name))).equals(whole)).toBe(true)
  })

  check('an empty content is a content, and nothing is none', async () => {
    expect(await contentOf(decompress(chunksOf(of(new Uint8Array())), name))).toEqual(Buffer.alloc(0))
    await expect(contentOf(decompress(chunksOf(new Uint8Array()), name))).rejects.toSatisfy(isBad)
  })

  check('truncated anywhere it is an error', async () => {
    const made = of(hello)
    const cuts = name === 'gzip' || name === 'zstd' ? made.byteLength : 3
    for (let cut = 1; cut < cuts; cut++) {
      await expect(contentOf(decompress(chunksOf(made.subarray(0, cut)), name)), `${cut}`).rejects.toSatisfy(isBad)
    }
    const two = Buffer.concat([of(many), made.subarray(0, -1)])
    await expect(contentOf(decompress(chunksOf(two), name))).rejects.toSatisfy(isBad)
    await expect(contentOf(decompress(chunksOf(of(many).subarray(0, -100)), name))).rejects.toSatisfy(isBad)
  })

  check.each([
    ['text', utf8.encode('something else')],
    ['one byte', utf8.encode('x')],
    ['half of the beginning of another', makers.gzip(hello).subarray(0, 1)],
    ['a zero', new Uint8Array(1)],
    ['many zeros', new Uint8Array(100_001)],
  ])('followed by %s it is an error', async (_, rest) => {
    const content = Buffer.concat([of(hello), rest])
    for (const size of [1000, content.byteLength]) {
      await expect(contentOf(decompress(chunksOf(content, size), name))).rejects.toSatisfy(isBad)
    }
    async function* apart() {
      yield of(hello)
      yield rest
    }
    await expect(contentOf(decompress(apart(), name))).rejects.toSatisfy(isBad)
  })

  check('damaged it is an error that names the compression', async () => {
    const made = of(many)
    made.writeUInt32LE((made.readUInt32LE(made.byteLength >> 1) ^ 0xffff) >>> 0, made.byteLength >> 1)
    await expect(contentOf(decompress(chunksOf(made), name))).rejects.toSatisfy(
      error => isLadingError(error, 'bad-compression') && error.message.includes(name),
    )
  })

  check('an error of the source comes out unchanged', async () => {
    const failure = new Error('planted')
    async function* failing() {
      yield of(many).subarray(0, -50)
      throw failure
    }
    await expect(contentOf(decompress(failing(), name))).rejects.toBe(failure)
    await expect(contentOf(decompressed(failing()))).rejects.toBe(failure)
  })

  check.each(['decompress', 'decompressed'] as const)('%s that is left early closes its source', async kind => {
    let closed = false
    async function* source() {
      try {
        for (;;) yield of(many)
      } finally {
        closed = true
      }
    }
    const stream = kind === 'decompress' ? decompress(source(), name) : decompressed(source())
    for await (const _ of stream) break
    expect(closed).toBe(true)
  })
})

describe('zstd', () => {
  test('frames with and without their size, empty ones and ones to be skipped keep their order', async () => {
    const large = new Uint8Array(5 * 1024 * 1024).map((_, at) => at >> 9)
    const content = Buffer.concat([
      skipped('at the start'),
      zstdCompressSync(hello),
      await streamedFrame(many),
      skipped(''),
      zstdCompressSync(large),
      zstdCompressSync(new Uint8Array()),
      await streamedFrame(new Uint8Array()),
      zstdCompressSync(many),
      skipped('at the end'),
    ])
    const whole = Buffer.concat([hello, many, large, many])
    for (const size of [3, 1000, content.byteLength]) {
      expect((await contentOf(decompress(chunksOf(content, size), 'zstd'))).equals(whole)).toBe(true)
    }
  })

  test('a frame without its size that is truncated is an error', async () => {
    const frame = await streamedFrame(many, { [constants.ZSTD_c_checksumFlag]: 1 })
    for (const cut of [1, 4, 5, 6, 8, 9, 1000, frame.byteLength - 5, frame.byteLength - 4, frame.byteLength - 1]) {
      await expect(contentOf(decompress(chunksOf(frame.subarray(0, cut)), 'zstd')), `${cut}`).rejects.toSatisfy(isBad)
    }
    const half = Buffer.concat([zstdCompressSync(hello), skipped('not whole').subarray(0, -1)])
    await expect(contentOf(decompress(chunksOf(half), 'zstd'))).rejects.toSatisfy(isBad)
  })

  test('a checksum that is wrong is an error', async () => {
    for (const frame of [
      await streamedFrame(many, { [constants.ZSTD_c_checksumFlag]: 1 }),
      zstdCompressSync(many, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    ]) {
      frame[frame.byteLength - 1] = (frame.at(-1) ?? 0) ^ 1
      await expect(contentOf(decompress(chunksOf(frame), 'zstd'))).rejects.toSatisfy(isBad)
    }
  })

  test.each([
    ['a window of 256 MiB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 0x01, 0x00, 0x00]],
    ['a window of 144 MiB', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x89, 0x01, 0x00, 0x00]],
    ['one segment of 1 GiB', [0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0x00, 0x00, 0x00, 0x40, 0x01, 0x00, 0x00]],
    ['a size that is not its own', [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x02, 0x09, 0x00, 0x00, 0x61]],
    ['a block of a kind that there is not', [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00, 0x07, 0x00, 0x00]],
    ['a dictionary', [0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x05, 0x01, 0x09, 0x00, 0x00, 0x61]],
  ])('a frame with %s is refused', async (_, bytes) => {
    await expect(contentOf(decompress(chunksOf(new Uint8Array(bytes)), 'zstd'))).rejects.toSatisfy(isBad)
  })

  test('a small frame of endless empty blocks is not gathered', async () => {
    let given = 0
    async function* endless() {
      // one segment of one byte
      yield new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x01])
      for (;;) {
        given += 30_000
        yield new Uint8Array(30_000)
      }
    }
    await expect(contentOf(decompress(endless(), 'zstd'))).rejects.toSatisfy(isBad)
    expect(given).toBeLessThan(200_000)
  })
})

test('what bzip2 says of a damaged file is said in one line', async () => {
  const cut = execFileSync('bzip2', { input: hello }).subarray(0, -8)
  await expect(contentOf(decompress(chunksOf(cut), 'bzip2'))).rejects.toMatchObject({
    message: expect.not.stringContaining('\n'),
  })
})

describe('a program that is not there', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test.each(['xz', 'bzip2'] as const)('%s is named', async name => {
    vi.stubEnv('PATH', mkdtempSync(path.join(temporaryFolder(), 'empty-')))
    await expect(contentOf(decompress(chunksOf(hello), name))).rejects.toSatisfy(
      error => isLadingError(error, 'program-not-found') && error.message.includes(name),
    )
  })
})

describe('what is not compressed', () => {
  test.each([
    ['nothing', []],
    ['one byte', [utf8.encode('B')]],
    ['the name of a file', [utf8.encode('BZh9.txt'), new Uint8Array(600)]],
    ['two bytes of gzip', [new Uint8Array([0x1f]), new Uint8Array([0x8b])]],
  ])('%s passes as it comes', async (_, chunks) => {
    async function* source() {
      yield* chunks
    }
    const out: Uint8Array[] = []
    for await (const chunk of decompressed(source())) out.push(chunk)
    expect(out).toHaveLength(chunks.length)
    // the very same: nothing is copied
    for (const [at, chunk] of out.entries()) expect(chunk).toBe(chunks[at])
  })
})
