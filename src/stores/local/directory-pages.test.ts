import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { directoryPages } from './directory-pages.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-pages-'))
afterAll(() => rm(directory, { recursive: true }))
for (const name of ['a.b', 'c', 'B', 'é', '1', '2', '3']) await writeFile(join(directory, name), '')
for (const name of ['a', 'a-b']) await mkdir(join(directory, name))
const sorted = ['1', '2', '3', 'B', 'a-b/', 'a.b', 'a/', 'c', 'é']

test.each([1, 2, 3, 4, 5, 8, 9, 10, 100])('all names come in order in pages of %i', async pageSize => {
  const pages = await Array.fromAsync(directoryPages(directory, () => true, pageSize))
  expect(pages.flat()).toEqual(sorted)
  expect(Math.max(...pages.map(page => page.length))).toBeLessThanOrEqual(pageSize)
})

test('only wanted names come', async () => {
  const pages = directoryPages(directory, name => name.startsWith('a'), 2)
  expect(await Array.fromAsync(pages)).toEqual([['a-b/', 'a.b'], ['a/']])
})

test('a directory that is not there has no names', async () => {
  expect(await Array.fromAsync(directoryPages(join(directory, 'gone'), () => true))).toEqual([])
})
