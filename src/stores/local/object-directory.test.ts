import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { placeObject, pruneDirectories } from './object-directory.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lading-place-'))
  await writeFile(join(root, 'written'), 'content')
})
afterEach(() => rm(root, { recursive: true }))

test('a place that is pruned again and again before the object takes it is made again and again', async () => {
  const target = join(root, 'a/b/c/object')
  let pruned = 0
  await placeObject(root, target, async () => {
    if (pruned++ < 5) await rm(join(root, 'a'), { recursive: true, force: true })
    await rename(join(root, 'written'), target)
  })
  expect(pruned).toBe(6)
  expect(await readFile(target, 'utf8')).toBe('content')
})

test('an object that is gone before it could be placed is an error, not an endless attempt', async () => {
  const move = () => rename(join(root, 'no such file'), join(root, 'a/object'))
  await expect(placeObject(root, join(root, 'a/object'), move)).rejects.toThrow('ENOENT')
})

test('pruning stops at the first directory that holds something, and below the root', async () => {
  await mkdir(join(root, 'a/b/c/d'), { recursive: true })
  await writeFile(join(root, 'a/b/kept'), '')
  await pruneDirectories(root, join(root, 'a/b/c/d/deleted'))
  expect(await readdir(join(root, 'a/b'))).toEqual(['kept'])
  await rm(join(root, 'a/b/kept'))
  await pruneDirectories(root, join(root, 'a/b/kept'))
  expect(await readdir(join(root, 'a'))).toEqual([])
  await pruneDirectories(root, join(root, 'written'))
  expect(await readdir(root)).toEqual(['a', 'written'])
})
