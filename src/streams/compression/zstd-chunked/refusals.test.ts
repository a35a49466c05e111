import { describe, expect, test } from 'vitest'
import { paxBody, tarArchive, tarEntry } from '../../../testing/tar-blocks.ts'
import { compressChunked } from './compress-chunked.ts'

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
    // A name of 1 MB for each of 151 folders: compressed it is small, and the names are below their own limit without it.
    async function* source() {
      for (let at = 0; at < 160; at += 1) {
        const body = paxBody({ 'SCHILY.xattr.user.long': String(at).repeat(1).padEnd(800_000, 'x') })
        yield tarEntry({ name: 'x', flag: 'x', body })
        yield tarEntry({ name: `${at}/`, flag: '5' })
      }
      yield new Uint8Array(1024)
    }
    const layer = compressChunked(source(), { level: 1 })
    const read = async () => {
      for await (const _ of layer.bytes);
    }
    await expect(read()).rejects.toMatchObject({
      code: 'too-large',
      message: 'a layer cannot be made zstd:chunked: its table of contents would have more than 150 MiB',
      hint: 'compress it as zstd, which takes any layer',
    })
  })
})
