import { describe, expect, test } from 'vitest'
import { paxBody, tarArchive, tarEntry } from '../../../testing/tar-blocks.ts'
import { compressChunked } from './compress-chunked.ts'
import { filePieces } from './file-pieces.ts'

async function compressed(archive: Uint8Array): Promise<void> {
  async function* source() {
    yield archive
  }
  for await (const _ of compressChunked(source()).bytes);
}

const file = { name: 'a', body: 'b' }
const whole = tarArchive(file)

describe('a layer is refused', () => {
  test.each([
    ['that is no archive', Buffer.from('some text '.repeat(200)), 'bad-archive', 'it is not a tar archive'],
    ['that ends within a file', whole.subarray(0, 512), 'bad-archive', 'it ends within "a"'],
    ['that ends within padding', whole.subarray(0, 600), 'bad-archive', 'it ends within "a"'],
    ['that ends within a header', tarArchive(file, file).subarray(0, 1100), 'bad-archive', 'within the header'],
    ['with a number that is none', tarArchive({ ...file, at: { 108: 'zzzzzzz\0' } }), 'bad-archive', 'a number'],
    ['with a path twice', tarArchive(file, { name: './a' }), 'unsupported', 'it has "a" twice'],
    ['with a folder twice', tarArchive({ name: 'a/', flag: '5' }, { name: 'a' }), 'unsupported', 'it has "a" twice'],
    [
      'with a global header',
      tarArchive({ name: 'g', flag: 'g', body: paxBody({ comment: 'c' }) }, file),
      'unsupported',
      'a header for all entries after it',
    ],
    [
      'with a sparse file',
      tarArchive({ name: 'x', flag: 'x', body: paxBody({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }) }, file),
      'unsupported',
      '"a" is of a type',
    ],
    ['with a type of its own', tarArchive({ ...file, flag: 'V' }), 'unsupported', 'of a type (V)'],
    [
      'with a name that is not UTF-8',
      // The checksum is of the bytes as they are, which `name` would not write.
      tarArchive({ name: 'a', at: { 1: '\u00e9' } }),
      'unsupported',
      'not UTF-8',
    ],
    [
      'with a time that cannot be written',
      tarArchive({ name: 'x', flag: 'x', body: paxBody({ mtime: '999999999999' }) }, file),
      'unsupported',
      'a time beyond',
    ],
    [
      'that something follows',
      Buffer.concat([whole, Buffer.alloc(511), Buffer.from('x')]),
      'unsupported',
      'after its end',
    ],
    ['that part of a block follows', Buffer.concat([whole, Buffer.alloc(100)]), 'unsupported', 'after its end'],
  ])('%s', async (_, archive, code, message) => {
    await expect(compressed(archive)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  test('with more in its table than readers take', async () => {
    async function* source() {
      for (let at = 0; at < 160; at += 1) {
        const body = paxBody({ 'SCHILY.xattr.user.long': 'x'.repeat(800_000) })
        yield tarEntry({ name: 'x', flag: 'x', body })
        yield tarEntry({ name: `${at}/`, flag: '5' })
      }
    }
    const read = async () => {
      for await (const _ of compressChunked(source(), { level: 1 }).bytes);
    }
    await expect(read()).rejects.toMatchObject({
      code: 'too-large',
      message: 'a layer cannot be made zstd:chunked: its table of contents would have more than 150 MiB',
      hint: 'compress it as zstd, which takes any layer',
    })
  })

  test('with a file of more chunks than a table can name', async () => {
    // Holes with a byte between them.
    const holes = Buffer.alloc(1025 * 4096)
    for (let at = 1024; at < holes.byteLength; at += 1025) holes[at] = 1
    const body = (async function* () {
      for (;;) yield holes
    })()
    const read = async () => {
      for await (const _ of filePieces(body));
    }
    await expect(read()).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('1000000 chunks'),
    })
  })
})
