import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../test/cli/images.ts'
import { writeDigestFile } from './write-digest-file.ts'

const digest = digestOfLetter('a')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('writeDigestFile', () => {
  test.each([
    ['a new file', undefined],
    ['a file that is there', 'something longer than a digest '.repeat(9)],
  ])('writes the digest alone to %s', async (_, before) => {
    const path = join(folder, 'digest')
    if (before !== undefined) await writeFile(path, before)
    await writeDigestFile(path, digest)
    expect(await readFile(path, 'utf8')).toBe(digest)
    expect(await readdir(folder)).toEqual(['digest'])
  })

  test('follows a symbolic link and leaves it', async () => {
    const [path, link] = [join(folder, 'digest'), join(folder, 'link')]
    await writeFile(path, '')
    await symlink('digest', link)
    await writeDigestFile(link, digest)
    expect(await readFile(path, 'utf8')).toBe(digest)
    expect(await readlink(link)).toBe('digest')
  })

  test('writes to a device and does not replace it', async () => {
    const link = join(folder, 'null')
    await symlink('/dev/null', link)
    await writeDigestFile(link, digest)
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  test.each([
    ['a folder that is not there', 'none/digest', 'no such file or directory'],
    ['a folder in its place', '.', 'it is a directory'],
  ])('says so of %s, and leaves nothing', async (_, name, message) => {
    await expect(writeDigestFile(join(folder, name), digest)).rejects.toMatchObject({
      code: 'io',
      message,
      operation: 'write digest file',
      side: 'local',
    })
    expect(await readdir(folder)).toEqual([])
  })
})
