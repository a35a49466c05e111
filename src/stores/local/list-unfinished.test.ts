import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ObjectStore, openStore, type UnfinishedUpload } from '../index.ts'
import { temporaryName } from './temporary-file.ts'

let root: string
let store: ObjectStore
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lading-unfinished-'))
  store = await openStore({ scheme: 'local', root })
})
afterEach(() => rm(root, { recursive: true }))

const unfinished = (): Promise<UnfinishedUpload[]> => Array.fromAsync(store.unfinished?.() ?? [])

test('what a process left that has ended is listed, with its size, and can be removed; what a live one writes is not', async () => {
  const temporary = join(root, 'lading/tmp')
  await mkdir(temporary, { recursive: true })
  const own = await temporaryName()
  const dead = own.replace(`-${process.pid}-`, `-${spawnSync(process.execPath, ['-e', '0']).pid}-`)
  for (const name of [own, dead]) await writeFile(join(temporary, name), 'half')
  const [upload, ...others] = await unfinished()
  expect(others).toEqual([])
  expect(upload?.key).toBe(dead)
  expect(upload?.started).toBeInstanceOf(Date)
  expect(await upload?.size()).toBe(4)
  await upload?.remove?.()
  expect(await readdir(temporary)).toEqual([own])
  await upload?.remove?.()
  expect(await upload?.size()).toBeUndefined()
})

test('a directory where nobody has written has none', async () => {
  expect(await unfinished()).toEqual([])
})

test('a workshop that is a link to elsewhere is not looked into', async () => {
  await mkdir(join(root, 'elsewhere'))
  await mkdir(join(root, 'lading'))
  await symlink(join(root, 'elsewhere'), join(root, 'lading/tmp'))
  await expect(unfinished()).rejects.toMatchObject({ code: 'bad-layout', operation: 'list unfinished uploads' })
})
