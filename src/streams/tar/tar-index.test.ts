import { describe, expect, test } from 'vitest'
import { type RawEntry, tarArchive } from '../../testing/tar-blocks.ts'
import { indexTar } from './index-tar.ts'
import { openTarIndex } from './tar-index.ts'

async function open(...entries: RawEntry[]) {
  const archive = Buffer.from(tarArchive(...entries))
  async function* read(start: number, end: number) {
    yield archive.subarray(start, end)
  }
  const index = openTarIndex(await indexTar({ size: archive.byteLength, read }))
  return {
    names: () => [...index.names()],
    content(name: string) {
      const found = index.find(name)
      return found === undefined ? undefined : archive.toString('latin1', found.start, found.start + found.size)
    },
  }
}

const file = (name: string, body = name): RawEntry => ({ name, body })
const symlink = (name: string, link: string): RawEntry => ({ name, flag: '2', link })
const hardlink = (name: string, link: string): RawEntry => ({ name, flag: '1', link })

describe('a name in an archive', () => {
  test.each<[string, RawEntry[], string, string | undefined]>([
    ['is found', [file('a/b')], 'a/b', 'a/b'],
    ['may be absent', [file('a/b')], 'a/c', undefined],
    ['is cleaned', [file('./a//b', 'x')], 'a/b', 'x'],
    ['is cleaned where it is asked for', [file('a/b', 'x')], './a/./b', 'x'],
    ['may begin with a slash, which means nothing', [file('/a/b', 'x')], 'a/b', 'x'],
    ['may climb within the archive', [file('a/c/../b', 'x')], 'a/b', 'x'],
    ['that climbs out is not there', [file('../a', 'x')], 'a', undefined],
    ['that climbs out is not there under its own name', [file('../a', 'x')], '../a', undefined],
    ['that is a folder is no file', [{ name: 'a/', flag: '5' }], 'a', undefined],
    ['counts as it came last', [file('a', 'old'), file('a', 'new')], 'a', 'new'],
    ['of a file that became a folder is no file', [file('a', 'old'), { name: 'a/', flag: '5' }], 'a', undefined],
    ['of a property of objects is like any other', [file('a')], '__proto__', undefined],
  ])('%s', async (_, entries, name, content) => {
    expect((await open(...entries)).content(name)).toBe(content)
  })

  test('of 4097 characters, or 33 folders deep behind a link, is not there', async () => {
    const deep = `${'d/'.repeat(33)}f`
    const { content } = await open(
      symlink('l', 'x'),
      { name: deep, body: 'x' },
      { name: 'p', flag: 'L', body: 'n'.repeat(4097) },
      file('cut'),
    )
    expect(content(deep)).toBeUndefined()
    expect(content('n'.repeat(4097))).toBeUndefined()
  })

  test('is listed as a path', async () => {
    const { names } = await open(
      file('./a'),
      { name: 'folder/', flag: '5' },
      file('folder/b'),
      symlink('c', 'a'),
      file('../x'),
    )
    expect(names()).toEqual(['a', 'folder/b', 'c'])
  })
})

describe('a link', () => {
  test.each<[string, RawEntry[], string, string | undefined]>([
    ['is followed, from its own folder', [file('x/layer', 'l'), symlink('y/layer', '../x/layer')], 'y/layer', 'l'],
    ['may come first', [symlink('a', 'b'), file('b', 'x')], 'a', 'x'],
    ['may lead to a link', [symlink('a', 'b'), symlink('b', 'c'), file('c', 'x')], 'a', 'x'],
    ['may be a folder', [file('x/f', 'l'), symlink('y', 'x')], 'y/f', 'l'],
    ['may be a folder that is written through', [symlink('y', 'x'), file('y/f', 'l')], 'x/f', 'l'],
    ['to nothing is nothing', [symlink('a', 'b')], 'a', undefined],
    ['that became a file is that file', [symlink('a', 'b'), file('b'), file('a', 'x')], 'a', 'x'],
    ['of the hard kind is followed, from the root', [file('x/l', 'l'), hardlink('y/l', './x/l')], 'y/l', 'l'],
    [
      'of the hard kind stays with what was there',
      [file('a', 'old'), hardlink('b', 'a'), file('a', 'new')],
      'b',
      'old',
    ],
    ['of the hard kind may lead to a link', [file('a', 'x'), symlink('b', 'a'), hardlink('c', 'b')], 'c', 'x'],
  ])('%s', async (_, entries, name, content) => {
    expect((await open(...entries)).content(name)).toBe(content)
  })

  test('chain of 40 is followed, and one of 41 is not', async () => {
    const chain = Array.from({ length: 41 }, (_, at) => symlink(`l${at}`, `l${at + 1}`))
    const { content } = await open(...chain, file('l41', 'x'))
    expect(content('l1')).toBe('x')
    expect(() => content('l0')).toThrow('circle')
  })

  test.each<[string, RawEntry[], string, string]>([
    ['in a circle', [symlink('a', 'b'), symlink('b', 'a')], 'a', 'circle'],
    ['to itself', [symlink('a', 'a')], 'a', 'circle'],
    ['to below itself', [symlink('a', 'a/b')], 'a', 'circle'],
    ['out of the archive', [symlink('a/b', '../../etc/passwd')], 'a/b', 'out of the archive'],
    ['to an absolute path', [symlink('a', '/etc/passwd'), file('etc/passwd')], 'a', 'out of the archive'],
    ['to an absolute path, as a folder', [symlink('a', '/etc')], 'a/passwd', 'out of the archive'],
    ['of the hard kind to nothing', [hardlink('a', 'b'), file('b')], 'a', 'does not come before'],
    ['of the hard kind out of the archive', [hardlink('a', '../b')], 'a', 'does not come before'],
    ['of the hard kind to itself', [hardlink('a', 'a')], 'a', 'does not come before'],
  ])('%s is refused where it is asked for', async (_, entries, name, why) => {
    const { content } = await open(...entries, file('good'))
    expect(content('good')).toBe('good')
    expect(() => content(name)).toThrow(
      expect.objectContaining({ code: 'bad-archive', message: expect.stringContaining(why) }),
    )
    expect(() => content(name)).toThrow(JSON.stringify(name))
  })
})

test.each<[string, RawEntry]>([
  ['a sparse file', { name: 'a', flag: 'S', body: 'x' }],
  ['a device', { name: 'a', flag: '3' }],
  ['a pipe', { name: 'a', flag: '6' }],
])('%s is refused where it is asked for', async (_, entry) => {
  const { content } = await open(entry, file('good'))
  expect(content('good')).toBe('good')
  expect(() => content('a')).toThrow(
    expect.objectContaining({ code: 'bad-archive', message: expect.stringContaining('"a"') }),
  )
})
