import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { directoryPages } from './directory-pages.ts'
import type { NameList } from './name-list.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-pages-'))
afterAll(() => rm(directory, { recursive: true }))
for (const name of ['a.b', 'c', 'B', 'é', '1', '2', '3']) await writeFile(join(directory, name), '')
for (const name of ['a', 'a-b']) await mkdir(join(directory, name))
const namesOf = (page: NameList) => page.slice(0, page.length)
const sorted = ['1', '2', '3', 'B', 'a-b/', 'a.b', 'a/', 'c', 'é']

test.each([1, 2, 3, 4, 5, 8, 9, 10, 100])('all names come in order in pages of %i', async pageSize => {
  const pages = await Array.fromAsync(
    directoryPages(directory, () => true, pageSize),
    namesOf,
  )
  expect(pages.flat()).toEqual(sorted)
  expect(Math.max(...pages.map(page => page.length))).toBeLessThanOrEqual(pageSize)
})

test('only wanted names come', async () => {
  const pages = directoryPages(directory, name => name.startsWith('a'), 2)
  expect(await Array.fromAsync(pages, namesOf)).toEqual([['a-b/', 'a.b'], ['a/']])
})

test('a directory that is not there has no names', async () => {
  expect(await Array.fromAsync(directoryPages(join(directory, 'gone'), () => true))).toEqual([])
})

test('more names than a sample holds come in order too, each once', async () => {
  const many = join(directory, 'many')
  await mkdir(many)
  const names = Array.from({ length: 9000 }, (_, i) => createHash('sha256').update(String(i)).digest('hex').slice(0, 9))
  for (const name of names) writeFileSync(join(many, name), '')
  const pages = await Array.fromAsync(
    directoryPages(many, () => true, 1000),
    namesOf,
  )
  expect(pages.flat()).toEqual(names.toSorted())
  expect(pages.length).toBeLessThan(20)
})
