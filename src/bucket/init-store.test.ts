import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readBucketConfig } from '../layout/index.ts'
import { openStore } from '../stores/index.ts'
import { initStore } from './init-store.ts'
import { listImages } from './list-images.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-init-'))
afterAll(() => rm(directory, { recursive: true }))

test('a new directory becomes an empty bucket', async () => {
  const local = join(directory, 'a/b/store')
  expect(await initStore({ local })).toEqual({ path: local, created: true })
  expect(await readdir(local)).toEqual(expect.arrayContaining(['blobs', 'manifests', 's3lo.yaml']))
  expect(await Array.fromAsync(listImages(`local://${local}`))).toEqual([])
  const config = await readBucketConfig(await openStore({ scheme: 'local', root: local }))
  expect(await config.settingsOf('app')).toMatchObject({
    immutable: false,
    sources: { immutable: { from: 'built in' } },
  })
})

test('a bucket stays as it is, and gets what it lacks', async () => {
  const local = join(directory, 'existing')
  await mkdir(join(local, 'blobs'), { recursive: true })
  await writeFile(join(local, 's3lo.yaml'), '# mine\n')
  await writeFile(join(local, 'README'), 'a bucket may be explained')
  expect(await initStore({ local })).toEqual({ path: local, created: false })
  expect(await initStore({ local })).toEqual({ path: local, created: false })
  expect(await readFile(join(local, 's3lo.yaml'), 'utf8')).toBe('# mine\n')
  expect(await readdir(local)).toContain('manifests')
})

test('an empty directory, or one whose first write was interrupted, becomes a bucket', async () => {
  const local = join(directory, 'empty')
  await mkdir(join(local, 'lading/tmp'), { recursive: true })
  expect((await initStore({ local })).created).toBe(true)
})

test('a directory with other files is refused and left alone', async () => {
  const local = join(directory, 'documents')
  await mkdir(local)
  await writeFile(join(local, 'letter.txt'), 'Dear')
  await expect(initStore({ local })).rejects.toMatchObject({
    code: 'bad-layout',
    operation: 'create bucket',
    subject: local,
    message: expect.stringContaining('letter.txt'),
  })
  expect(await readdir(local)).toEqual(['letter.txt'])
})

test('a file is no directory', async () => {
  const local = join(directory, 'file')
  await writeFile(local, '')
  await expect(initStore({ local })).rejects.toMatchObject({ code: 'io', subject: local })
})
