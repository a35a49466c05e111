import { describe, expect, test } from 'vitest'
import { makeSif } from '../../../test/sif/make-sif.ts'
import { bytesOf, type RandomAccess } from '../../streams/index.ts'
import { readSif } from './read-sif.ts'

const inMemory = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.byteLength,
  read: (start, end) => bytesOf(bytes.subarray(start, end)).open(),
})
const read = (bytes: Uint8Array) => readSif(inMemory(bytes))

/** The same file with other bytes at a place. */
function patched(at: number, bytes: Uint8Array): Uint8Array {
  const file = makeSif({ fileSystem: new Uint8Array(100) })
  file.set(bytes, at)
  return file
}
const long = (value: bigint) => new Uint8Array(new BigInt64Array([value]).buffer)

describe('a SIF file', () => {
  test('tells its file system, its definition and what else a config needs', async () => {
    const fileSystem = new Uint8Array(5000)
    expect(await read(makeSif({ fileSystem, definition: 'From: alpine\n', others: [0x4003] }))).toEqual({
      architecture: 'amd64',
      id: '6ecc76b7-a497-4121-90bd-ff59b3efed94',
      modified: 1_700_000_000,
      fileSystem: { offset: 16_384, size: 5000 },
      definition: 'From: alpine\n',
    })
  })

  test.each([
    ['04', 'arm64'],
    ['12', 'riscv64'],
    ['00', 'unknown'],
    ['99', 'unknown'],
    ['xx', 'unknown'],
  ])('of the architecture %s is for %s', async (architecture, name) => {
    expect(await read(makeSif({ architecture }))).toMatchObject({ architecture: name })
  })

  test('need not have a definition, and has none where it has several', async () => {
    expect((await read(makeSif({}))).definition).toBeUndefined()
    expect((await read(makeSif({ definition: 'x', others: [0x4001] }))).definition).toBeUndefined()
  })

  test.each<[string, Uint8Array, string, string]>([
    ['nothing', new Uint8Array(), 'bad-archive', 'too short'],
    ['garbage', new Uint8Array(20_000).fill(7), 'bad-archive', 'does not begin as one'],
    ['another version', patched(42, Buffer.from('02')), 'bad-archive', '"02"'],
    ['a table beyond its end', patched(96, long(1n << 40n)), 'bad-archive', 'table'],
    ['a negative table', patched(96, long(-5n)), 'bad-archive', 'table'],
    ['too many objects', patched(88, long(1n << 62n)), 'bad-archive', 'table'],
    ['no file system', makeSif({ partition: 3 }), 'bad-archive', 'no primary'],
    [
      'a file system beyond its end',
      makeSif({ fileSystem: new Uint8Array(9000) }).subarray(0, 14_000),
      'bad-archive',
      'cut off',
    ],
    ['a file system of negative size', patched(4096 + 25, long(-1n)), 'bad-archive', 'cut off'],
    ['another file system', makeSif({ fileSystemType: 2 }), 'unsupported', 'type 2'],
    ['an encrypted file system', makeSif({ fileSystemType: 5 }), 'unsupported', 'encrypted'],
    ['an OCI image', makeSif({ partition: 3, others: [0x400a] }), 'unsupported', 'OCI image'],
  ])('with %s is refused', async (_, file, code, why) => {
    await expect(read(file)).rejects.toMatchObject({ code, message: expect.stringContaining(why) })
  })
})
