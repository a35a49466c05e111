import { describe, expect, test } from 'vitest'
import { paxBody, tarArchive, tarEntry } from '../../testing/tar-blocks.ts'
import { bytesOf } from '../byte-stream.ts'
import { readAll } from '../read-all.ts'
import { indexTar } from './index-tar.ts'
import { readTar } from './read-tar.ts'

async function indexed(bytes: Uint8Array): Promise<void> {
  await indexTar({ size: bytes.byteLength, read: (start, end) => bytesOf(bytes.subarray(start, end)).open() })
}

async function streamed(bytes: Uint8Array): Promise<void> {
  for await (const { body } of readTar(bytesOf(bytes).open())) await readAll(body, 1e9, 'body')
}

async function refused(bytes: Uint8Array): Promise<string> {
  const why = async (way: (bytes: Uint8Array) => Promise<unknown>): Promise<string> => {
    const error: unknown = await way(bytes).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'bad-archive' })
    return error instanceof Error ? error.message : ''
  }
  const message = await why(indexed)
  expect(message).not.toContain('\n')
  // A stream does not know what is to come, so it may say it in other words.
  expect(await why(streamed)).not.toContain('\n')
  return message
}

const base256 = (...last: number[]) => Buffer.from([0x80, ...Array<number>(11 - last.length).fill(0), ...last])

describe('what is refused', () => {
  const cut = tarEntry({ name: 'blobs/x', body: 'y'.repeat(2000) })
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'empty'],
    ['garbage', Buffer.from('garbage '.repeat(200)), 'not a tar archive'],
    ['a little garbage', Buffer.from('garbage'), 'not a tar archive'],
    ['a wrong checksum', tarArchive({ name: 'a' }, { name: 'b', checksum: '000001\0 ' }), 'byte 512 is damaged'],
    [
      'an end within a header',
      Buffer.concat([tarEntry({ name: 'a' }), cut.subarray(0, 300)]),
      'within the header at byte 512',
    ],
    ['an end within a body', cut.subarray(0, 1500), '"blobs/x" has 2000 bytes, and there are 988'],
    [
      'an end after an extended header',
      tarEntry({ name: 'p', flag: 'x', body: paxBody({ path: 'a' }) }),
      'half of a header',
    ],
    [
      'an end within an extended header',
      tarEntry({ name: 'p', flag: 'L', body: 'n'.repeat(700) }).subarray(0, 1000),
      'within the extended header',
    ],
    ['zeros in the middle', Buffer.concat([Buffer.alloc(512), tarArchive({ name: 'a' })]), 'has something after it'],
    [
      '10 GiB that are not there',
      tarArchive({ name: 'a', size: base256(2, 128, 0, 0, 0) }),
      `"a" has ${10 * 2 ** 30} bytes`,
    ],
    ['a negative size', tarArchive({ name: 'a', size: Buffer.alloc(12, 0xff) }), 'a size that is none'],
    [
      'a size beyond every number',
      tarArchive({ name: 'a', size: base256(255, 255, 255, 255, 255, 255, 255, 255, 255) }),
      'a size that is none',
    ],
    ['a size that is no number', tarArchive({ name: 'a', size: '12x45678901\0' }), 'a size that is none'],
    ['a minus sign', tarArchive({ name: 'a', size: '-0000000001\0' }), 'a size that is none'],
    [
      'a pax size that is no number',
      tarArchive({ name: 'p', flag: 'x', body: paxBody({ size: '-1' }) }, { name: 'a' }),
      'of "a", has a size that is none',
    ],
    ['a long name of 2 MiB', tarArchive({ name: 'p', flag: 'L', size: '00010000000\0' }), 'longer than 1048576'],
    ['a negative extended header', tarArchive({ name: 'p', flag: 'x', size: Buffer.alloc(12, 0xff) }), 'longer than'],
    [
      'a pax record without its length',
      tarArchive({ name: 'p', flag: 'x', body: 'path=a\n' }, { name: 'a' }),
      'malformed',
    ],
    [
      'a pax record that is too long',
      tarArchive({ name: 'p', flag: 'x', body: '99 path=a\n' }, { name: 'a' }),
      'malformed',
    ],
    [
      'a pax record without a value',
      tarArchive({ name: 'p', flag: 'x', body: '8 patha\n' }, { name: 'a' }),
      'malformed',
    ],
    ['a pax record of length 0', tarArchive({ name: 'p', flag: 'x', body: '0 path=a\n' }, { name: 'a' }), 'malformed'],
    [
      'a NUL in a pax name',
      tarArchive({ name: 'p', flag: 'x', body: paxBody({ path: 'a\0b' }) }, { name: 'a' }),
      'malformed',
    ],
    ['a sparse map without an end', tarEntry({ name: 's', flag: 'S', at: { 482: '\x01' } }), 'within "s"'],
  ])('%s', async (_, archive, why) => {
    expect(await refused(archive)).toContain(why)
  })

  test('a name with a line break stays on one line', async () => {
    expect(await refused(tarEntry({ name: 'a\nb\x1b[31m', body: 'xxx' }).subarray(0, 513))).toContain(
      '"a\\nb\\u001b[31m"',
    )
  })

  test('a stream that ends within a body says so where the body is read, and where it is passed over', async () => {
    const reading = async (take: boolean) => {
      for await (const { body } of readTar(bytesOf(cut.subarray(0, 1500)).open())) {
        if (take) await readAll(body, 1e6, 'body')
      }
    }
    for (const take of [true, false])
      await expect(reading(take)).rejects.toMatchObject({
        code: 'bad-archive',
        message: expect.stringContaining('within "blobs/x"'),
      })
  })
})
