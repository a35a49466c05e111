import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyImage, deleteImage } from '../../src/copy/index.ts'
import { openIndexCache } from '../../src/copy/index-cache.ts'
import { digestOf } from '../../src/model/digest.ts'
import { flawOfFileName } from '../../src/model/file-name.ts'
import { triedCapabilities } from '../../src/stores/capabilities.ts'
import { replaceFile } from '../../src/streams/replace-file.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { failFiles } from './fail-files.ts'
import { foldNames } from './fold-names.ts'
import { images } from './places.ts'
import { readWhole } from './read-whole.ts'

async function newWorld(): Promise<{ folder: string; source: (name: keyof typeof images) => string }> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'names-'))
  await writeLayout(path.join(folder, 'source'), images)
  return { folder, source: name => `oci:${folder}/source:${name}` }
}

describe('on a file system that takes App for app', () => {
  test.each([
    ['another case', 'App:v1'],
    ['another case of the tag', 'app:V1'],
    ['another case of a folder', 'TEAM/app:v1'],
    ['other composed letters', 'cafe\u0301:v1'],
  ])('an image of %s is refused, and the one that is there stays', async (_, other) => {
    const { folder, source } = await newWorld()
    const there = path.join(folder, 'bucket')
    await mkdir(there)
    using _folded = foldNames(there)
    const held = ['app:v1', 'team/app:v1', 'caf\u00e9:v1'].map(name => `local://${there}//${name}`)
    for (const reference of held) await copyImage(source('before'), reference)
    const before = await readWhole(...held)
    expect(Object.keys(before)).toEqual(held)

    const second = `local://${there}//${other}`
    const refusal = { code: 'unsupported', message: expect.stringContaining('this file system takes') }
    await expect(copyImage(source('after'), second)).rejects.toMatchObject(refusal)
    await expect(deleteImage(second)).rejects.toMatchObject(refusal)
    await expect(copyImage(second, `oci:${folder}/out:v1`)).rejects.toMatchObject(refusal)
    expect(await readWhole(...held)).toEqual(before)
  })

  test('what has names of its own is written and read', async () => {
    const { folder, source } = await newWorld()
    const there = path.join(folder, 'Bucket')
    await mkdir(there)
    using _folded = foldNames(there)
    await copyImage(source('index'), `local://${there}//App/One:V1`)
    await copyImage(source('after'), `local://${there}//App/One:v2`)
    expect(Object.keys(await readWhole(`local://${there}//App/One:V1`, `local://${there}//App/One:v2`))).toHaveLength(2)
  })
})

test('no file that lading names itself has a name that Windows refuses', async () => {
  const { folder, source } = await newWorld()
  const out = path.join(folder, 'out')
  await mkdir(out)
  for (const to of [`local://${out}/bucket//app:v1`, `oci:${out}/layout:v1`, `dir:${out}/dir`])
    await copyImage(source('index'), to)
  await copyImage(source('after'), `local://${out}/bucket//app:v1`)
  await deleteImage(`local://${out}/bucket//app:v1`)
  const cache = { XDG_CACHE_HOME: path.join(out, 'cache') }
  const bytes = new Uint8Array(1)
  await openIndexCache(cache).write(digestOf(bytes), bytes)
  await triedCapabilities({ endpoint: 'https://s3.example:9000', bucket: 'b' }, cache).learn({ ifMatch: true })
  const names = (await readdir(out, { recursive: true })).flatMap(name => name.split(path.sep))
  expect(names.length).toBeGreaterThan(30)
  expect(names.filter(name => flawOfFileName(name, 'win32') !== undefined)).toEqual([])
})

describe('names as long as a file system takes', () => {
  const longest = 'x'.repeat(255)

  test('a file is replaced, whose name leaves no room for more', async () => {
    const folder = await mkdtemp(path.join(temporaryFolder(), 'names-'))
    await replaceFile(path.join(folder, longest), 'first')
    await replaceFile(path.join(folder, longest), 'second', { mode: 0o600 })
    expect(await readdir(folder)).toEqual([longest])
  })

  test.each([
    'oci:NAME:v1',
    'dir:NAME',
    'oci-archive:NAME:v1',
    'docker-archive:NAME:app:v1',
    'local://PARENT//LONG/app:v1',
  ])('an image is written and read as %s', async form => {
    const { folder, source } = await newWorld()
    const to = form.replace('NAME', path.join(folder, longest)).replace('PARENT', folder).replace('LONG', longest)
    await copyImage(source('after'), to)
    expect(Object.keys(await readWhole(to))).toEqual([to])
  })

  test.each([
    'oci:NAME:v1',
    'dir:NAME',
    'oci-archive:NAME:v1',
    'docker-archive:NAME:app:v1',
    'local://NAME//app:v1',
  ])('a name that is too long for %s is told, and nothing is left', async form => {
    const { folder, source } = await newWorld()
    const to = form.replace('NAME', path.join(folder, `${longest}y`))
    await expect(copyImage(source('after'), to)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('too long'),
      hint: expect.stringContaining('shorter'),
    })
    expect(await readdir(folder)).toEqual(['source'])
  })

  test('a path that is too long is told', async () => {
    const { folder, source } = await newWorld()
    const deep = path.join(folder, ...Array.from({ length: 20 }, () => 'y'.repeat(250)))
    await expect(copyImage(source('after'), `oci:${deep}:v1`)).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('too long'),
    })
    expect(await readdir(folder)).toEqual(['source'])
  })
})

test.each([
  'local://THERE//app:v1',
  'oci:THERE/layout:v1',
  'dir:THERE/dir',
  'oci-archive:THERE/a.tar:v1',
  'docker-archive:THERE/a.tar:app:v1',
])('a directory that cannot be opened, or synced, is written to as %s', async form => {
  const { folder, source } = await newWorld()
  const there = path.join(folder, 'there')
  await mkdir(there)
  for (const [kind, code] of [
    ['open-directory', 'EACCES'],
    ['sync-directory', 'EINVAL'],
  ] as const) {
    const to = form.replace('THERE', path.join(there, kind))
    await mkdir(path.join(there, kind))
    {
      using _ = failFiles(there, call => (call.kind === kind ? code : undefined))
      await copyImage(source('after'), to)
    }
    expect(Object.keys(await readWhole(to))).toEqual([to])
  }
})

test('a source that is a link to a directory is read, and a bucket behind a link is written', async () => {
  const { folder, source } = await newWorld()
  const { symlink } = await import('node:fs/promises')
  await symlink('source', path.join(folder, 'link'))
  await mkdir(path.join(folder, 'bucket'))
  await symlink('bucket', path.join(folder, 'to-bucket'))
  const to = `local://${folder}/to-bucket//app:v1`
  await copyImage(`oci:${folder}/link:after`, to)
  expect((await readWhole(to))[to]).toBe((await readWhole(source('after')))[source('after')])
  expect((await stat(path.join(folder, 'bucket/manifests/app/v1/manifest.json'))).isFile()).toBe(true)
})
