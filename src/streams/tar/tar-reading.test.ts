import { describe, expect, test } from 'vitest'
import { paxBody, type RawEntry, tarArchive, tarEntry } from '../../testing/tar-blocks.ts'
import type { RandomAccess } from '../random-access.ts'
import { readAll } from '../read-all.ts'
import { indexTar } from './index-tar.ts'
import { readTar } from './read-tar.ts'
import type { TarHeader } from './tar-header.ts'

function access(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.byteLength,
    async *read(start, end) {
      yield bytes.subarray(start, end)
    },
  }
}

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

interface Read extends TarHeader {
  readonly body: string
}

async function streamed(bytes: Uint8Array, chunk = 100): Promise<Read[]> {
  const read: Read[] = []
  for await (const { header, body } of readTar(inChunks(bytes, chunk)))
    read.push({ ...header, body: Buffer.from(await readAll(body, 1e9, 'body')).toString('latin1') })
  return read
}

async function indexed(bytes: Uint8Array): Promise<Read[]> {
  const text = Buffer.from(bytes)
  return (await indexTar(access(bytes))).map(({ header, start }) => ({
    ...header,
    body: text.toString('latin1', start, start + header.size),
  }))
}

/** Both ways of reading, which must agree. */
async function read(bytes: Uint8Array): Promise<Read[]> {
  const entries = await streamed(bytes)
  expect(await streamed(bytes, 1)).toEqual(entries)
  expect(await streamed(bytes, bytes.byteLength)).toEqual(entries)
  expect(await indexed(bytes)).toEqual(entries)
  return entries
}

const base256 = (...last: number[]) => Buffer.from([0x80, ...Array<number>(11 - last.length).fill(0), ...last])
const long = 'a/long/'.repeat(40)

describe('what archives say of an entry', () => {
  test.each<[string, RawEntry[], Partial<Read>]>([
    ['ustar', [{ name: 'a', body: 'one' }], { name: 'a', type: 'file', size: 3, mode: 0o644, body: 'one' }],
    ['a prefix', [{ name: 'b', prefix: 'some/folder', body: 'x' }], { name: 'some/folder/b' }],
    [
      'v7, without a magic',
      [{ name: 'old', flag: '\0', magic: '', body: 'x' }],
      { name: 'old', type: 'file', body: 'x' },
    ],
    ['v7, a folder', [{ name: 'old/', flag: '\0', magic: '' }], { name: 'old/', type: 'directory' }],
    [
      'GNU: times where ustar has the prefix',
      [{ name: 'g', magic: 'ustar  \0', prefix: '14000000000' }],
      { name: 'g' },
    ],
    [
      'star: times at the end of the prefix',
      [{ name: 's', prefix: 'p', at: { 476: '14000000000', 508: 'tar\0' } }],
      { name: 'p/s' },
    ],
    ['a name that fills its field', [{ name: 'n'.repeat(100) }], { name: 'n'.repeat(100) }],
    ['a symbolic link', [{ name: 'l', flag: '2', link: '../t' }], { type: 'symlink', linkName: '../t', size: 0 }],
    [
      'a hard link that says a size and has no bytes',
      [{ name: 'l', flag: '1', link: 't', size: '00000000005\0' }],
      { type: 'hardlink', linkName: 't', size: 0 },
    ],
    ['a device', [{ name: 'dev', flag: '3' }], { type: 'other' }],
    ['a pipe', [{ name: 'pipe', flag: '6' }], { type: 'other' }],
    ['a type that nobody knows, with bytes', [{ name: 'q', flag: 'Q', body: 'zzz' }], { type: 'other', size: 3 }],
    ['a contiguous file', [{ name: 'c', flag: '7', body: 'zzz' }], { type: 'file', body: 'zzz' }],
    ['a size in base 256', [{ name: 'a', size: base256(3), body: 'one' }], { size: 3, body: 'one' }],
    ['a size among spaces', [{ name: 'a', size: '          3 ', body: 'one' }], { size: 3, body: 'one' }],
    ['a size of no digits', [{ name: 'a', size: '\0' }], { size: 0 }],
    [
      'a GNU long name',
      [
        { name: '././@LongLink', flag: 'L', body: `${long}\0` },
        { name: 'cut', body: 'x' },
      ],
      { name: long, body: 'x' },
    ],
    [
      'a GNU long link',
      [
        { name: '././@LongLink', flag: 'K', body: `${long}\0` },
        { name: 'l', flag: '2', link: 'cut' },
      ],
      { name: 'l', linkName: long },
    ],
    [
      'pax',
      [
        { name: 'PaxHeaders/a', flag: 'x', body: paxBody({ mtime: '1.5', path: `${long}ä`, linkpath: 'there' }) },
        { name: 'cut', flag: '2', link: 'cut' },
      ],
      { name: `${long}ä`, linkName: 'there' },
    ],
    [
      'a size in pax',
      [
        { name: 'p', flag: 'x', body: paxBody({ size: '3' }) },
        { name: 'a', size: '00000000000\0', body: 'one' },
      ],
      { size: 3, body: 'one' },
    ],
    [
      'global pax',
      [{ name: 'p', flag: 'g', body: paxBody({ comment: 'x', path: 'all' }) }, { name: 'a' }],
      { name: 'all' },
    ],
    [
      'global pax, taken back',
      [
        { name: 'p', flag: 'g', body: paxBody({ path: 'all' }) },
        { name: 'p', flag: 'x', body: paxBody({ path: '' }) },
        { name: 'a' },
      ],
      { name: 'a' },
    ],
    [
      'pax whose values are bytes',
      [
        {
          name: 'p',
          flag: 'x',
          body: Buffer.from('18 path=\xe4\xf6\xfc\xff-name\n10 a=\xff\xfe\xfd\xfc\n', 'latin1'),
        },
        { name: 'a' },
      ],
      { name: '\xe4\xf6\xfc\xff-name' },
    ],
    ['GNU sparse', [{ name: 's', flag: 'S', magic: 'ustar  \0', body: 'data' }], { type: 'sparse', body: 'data' }],
    [
      'pax sparse',
      [
        { name: 'p', flag: 'x', body: paxBody({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'real' }) },
        { name: 'GNUSparseFile.1/real', body: 'data' },
      ],
      { type: 'sparse', name: 'real' },
    ],
  ])('%s', async (_, entries, expected) => {
    const [first, after] = await read(tarArchive(...entries, { name: 'after', body: 'y' }))
    expect(first).toMatchObject(expected)
    expect(after).toMatchObject({ body: 'y' })
  })

  test('the map of a sparse file that goes on in blocks of its own', async () => {
    const map = Buffer.alloc(512)
    map[504] = 1
    const archive = Buffer.concat([
      tarEntry({ name: 's', flag: 'S', magic: 'ustar  \0', size: '00000000004\0', at: { 482: '\x01' } }),
      map,
      Buffer.alloc(512),
      Buffer.from('data'.padEnd(512, '\0')),
      tarArchive({ name: 'after' }),
    ])
    expect(await read(archive)).toMatchObject([{ name: 's', type: 'sparse', body: 'data' }, { name: 'after' }])
  })

  test('signed checksums, as some old tools summed', async () => {
    const block = Buffer.from(tarEntry({ name: '\xe4\xf6' }))
    const signed = block.fill(' ', 148, 156).reduce((sum, byte) => sum + (byte > 127 ? byte - 256 : byte), 0)
    block.write(`${signed.toString(8).padStart(6, '0')}\0 `, 148)
    expect(await read(block)).toMatchObject([{ name: 'äö' }])
  })
})

describe('the end', () => {
  const [one, two] = [tarEntry({ name: 'one', body: 'x' }), tarEntry({ name: 'two', body: 'y'.repeat(600) })]
  const whole = Buffer.concat([one, two])

  test.each<[string, Uint8Array]>([
    ['two blocks of zeros', Buffer.concat([whole, Buffer.alloc(1024)])],
    ['one block of zeros', Buffer.concat([whole, Buffer.alloc(512)])],
    ['no block of zeros', whole],
    ['the last padding is missing', whole.subarray(0, -200)],
    [
      'what follows the zeros is nobody’s business',
      Buffer.concat([whole, Buffer.alloc(1024), Buffer.from('garbage'), one]),
    ],
  ])('%s', async (_, archive) => {
    expect((await read(archive)).map(({ name }) => name)).toEqual(['one', 'two'])
  })

  test('what follows it is read, so that the writer can end', async () => {
    let ended = false
    async function* stream() {
      yield tarArchive({ name: 'a' })
      yield new Uint8Array(10_000)
      ended = true
    }
    for await (const _ of readTar(stream())) expect(ended).toBe(false)
    expect(ended).toBe(true)
  })

  test('an archive without entries has none', async () => {
    expect(await read(new Uint8Array(1024))).toEqual([])
  })
})

describe('a stream', () => {
  const archive = tarArchive(
    { name: 'a', body: 'a'.repeat(1000) },
    { name: 'b', body: 'b'.repeat(1000) },
    { name: 'c' },
  )

  test('goes on after a body that was not read, or only begun', async () => {
    const names: string[] = []
    for await (const { header, body } of readTar(inChunks(archive, 100))) {
      names.push(header.name)
      if (header.name === 'b') for await (const _ of body) break
    }
    expect(names).toEqual(['a', 'b', 'c'])
  })

  test('does not give a body whose turn is over', async () => {
    const entries = readTar(inChunks(archive, 100))
    const first = await entries.next()
    await entries.next()
    await expect(readAll(first.value?.body ?? inChunks(new Uint8Array(), 1), 1e6, 'body')).rejects.toMatchObject({
      code: 'internal',
    })
    await entries.return()
  })

  test('is let go of where the reader stops', async () => {
    let closed = false
    async function* stream() {
      try {
        yield* inChunks(archive, 100)
      } finally {
        closed = true
      }
    }
    for await (const _ of readTar(stream())) break
    expect(closed).toBe(true)
  })

  test('passes its chunks on without copying them', async () => {
    for await (const { body } of readTar(inChunks(archive, 700))) {
      for await (const chunk of body) expect(chunk.buffer).toBe(archive.buffer)
      break
    }
  })
})
