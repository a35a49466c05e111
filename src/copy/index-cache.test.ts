import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from '../model/digest.ts'
import { openIndexCache } from './index-cache.ts'

const home = await mkdtemp(path.join(tmpdir(), 'lading-cache-'))
afterAll(() => rm(home, { recursive: true }))
const cache = openIndexCache({ XDG_CACHE_HOME: home })
const bytes = (text: string) => new TextEncoder().encode(text)

test('gives back what was written, and nothing that was damaged since', async () => {
  const index = bytes('{"manifests":[]}')
  const digest = digestOf(index)
  expect(await cache.read(digest)).toBeUndefined()
  await cache.write(digest, index)
  expect(Buffer.from((await cache.read(digest)) ?? [])).toEqual(Buffer.from(index))
  const [name = ''] = await readdir(path.join(home, 'lading/indexes'))
  await writeFile(path.join(home, 'lading/indexes', name), 'damaged')
  expect(await cache.read(digest)).toBeUndefined()
})

test('does not grow without end', async () => {
  for (let at = 0; at < 210; at += 1) await cache.write(digestOf(bytes(String(at))), bytes(String(at)))
  expect(await readdir(path.join(home, 'lading/indexes'))).toHaveLength(200)
  expect(await cache.read(digestOf(bytes('209')))).toBeDefined()
})

test('keeps nothing where it cannot be written, and says nothing', async () => {
  const nowhere = openIndexCache({ XDG_CACHE_HOME: path.join(home, 'lading/indexes/no/folder\0') })
  await nowhere.write(digestOf(bytes('x')), bytes('x'))
  expect(await nowhere.read(digestOf(bytes('x')))).toBeUndefined()
})
