import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { copyImage } from '../copy-image.ts'
import { listTags } from '../list-tags.ts'
import { syncImages } from './sync-images.ts'
import type { SyncOptions } from './sync-options.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-sync-'))
const hello = `oci:${path.join(import.meta.dirname, '../../../examples/hello')}:v1`
let registry: FakeRegistry
beforeAll(async () => {
  registry = await startFakeRegistry()
  for (const name of ['a/app:v1', 'a/app:v2', 'a/app:v3', 'b/app:v1', 'b/app:v9'])
    await copyImage(hello, `${registry.host}/${name}`)
})
beforeEach(() => {
  registry.requests.length = 0
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

let made = 0
const newPath = () => path.join(folder, String(made++))
const sync = (source: string, destination: string, options?: SyncOptions) =>
  Array.fromAsync(syncImages(source, destination, options))

async function fileOf(content: object, host: string = registry.host): Promise<string> {
  const file = `${newPath()}.yml`
  await writeFile(file, JSON.stringify({ [host]: content }))
  return file
}

describe('every place that takes names', () => {
  test.each([
    ['an OCI layout', (at: string) => `oci:${at}`, (at: string) => `oci:${at}:app:v2`],
    ['a bucket', (at: string) => `local://${at}/`, (at: string) => `local://${at}/app:v2`],
    ['a part of a bucket', (at: string) => `local://${at}//mirror`, (at: string) => `local://${at}//mirror/app:v2`],
    ['a directory', (at: string) => `dir:${at}`, (at: string) => `dir:${at}/app:v2`],
    ['a registry', () => `docker://${registry.host}/copy`, () => `docker://${registry.host}/copy/app:v2`],
  ])('%s', async (_, destination, second) => {
    const at = newPath()
    await mkdir(at)
    if (destination(at).startsWith('local:')) await writeFile(path.join(at, 's3lo.yaml'), '')
    const source = `docker://${registry.host}/a/app`
    const images = await sync(source, destination(at))
    expect(images.map(image => image.source)).toEqual([`${source}:v1`, `${source}:v2`, `${source}:v3`])
    expect(images.map(({ result }) => result?.changed)).toEqual([true, true, true])
    expect(images[1]?.destination).toBe(second(at))
    expect((await sync(source, destination(at))).map(({ result }) => result?.changed)).toEqual([false, false, false])
  })

  test('tells that it cannot know what is meant', async () => {
    for (const [source, destination, option] of [
      [`${registry.host}/a/app`, `dir:${newPath()}`, '--src'],
      [`docker://${registry.host}/a/app`, newPath(), '--dest'],
    ] as const) {
      await expect(sync(source, destination)).rejects.toMatchObject({
        code: 'bad-argument',
        hint: expect.stringContaining(option),
      })
    }
  })
})

test('a prefix may be written though the kind is said', async () => {
  const at = newPath()
  const [image] = await sync(`docker://${registry.host}/a/app:v1`, `dir:${at}`, { from: 'docker', to: 'dir' })
  expect(image?.destination).toBe(`dir:${at}/app:v1`)
  expect((await sync(`dir:${at}`, `${registry.host}/from-dir`, { from: 'dir', to: 'docker' }))[0]?.destination).toBe(
    `docker://${registry.host}/from-dir/app:v1`,
  )
})

describe('two images of one name', () => {
  test('are an error before anything is copied, and have names of their own with scoped', async () => {
    const file = await fileOf({ images: { 'a/app': ['v1'], 'b/app': ['v1', 'v9'] } })
    const at = newPath()
    await expect(sync(file, `oci:${at}`, { from: 'yaml' })).rejects.toMatchObject({
      code: 'bad-argument',
      hint: expect.stringContaining('--scoped'),
    })
    await expect(Array.fromAsync(listTags(`oci:${at}`))).rejects.toMatchObject({ code: 'bucket-not-found' })
    const images = await sync(file, `dir:${at}`, { from: 'yaml', scoped: true })
    expect(images.map(({ destination }) => destination)).toEqual(
      ['a/app:v1', 'b/app:v1', 'b/app:v9'].map(name => `dir:${at}/${registry.host}/${name}`),
    )
  })

  test('are one where they are the same image', async () => {
    const file = await fileOf({ images: { 'a/app': ['v1', 'v1'] }, 'images-by-semver': { 'a/app': '1' } })
    expect(await sync(file, `oci:${newPath()}`, { from: 'yaml' })).toHaveLength(1)
  })
})

describe('a failure', () => {
  const wanted = { images: { 'a/app': ['v1', 'missing', 'v2'], 'No/Such': [] } }

  test('stops the run', async () => {
    const at = newPath()
    const file = await fileOf({ images: { 'a/app': ['missing', 'v1', 'v2'] } })
    const run = sync(file, `oci:${at}`, { from: 'yaml', imagesAtOnce: 1 })
    await expect(run).rejects.toMatchObject({ code: 'image-not-found', message: expect.stringContaining('missing') })
    await expect(Array.fromAsync(listTags(`oci:${at}`))).rejects.toMatchObject({ code: 'bucket-not-found' })
  })

  test('is itself what is thrown, whatever it stops', async () => {
    const file = await fileOf({ images: { 'a/app': ['v1', 'v2', 'v3', 'missing'] } })
    await expect(sync(file, `oci:${newPath()}`, { from: 'yaml' })).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('is told among the others with keepGoing, in a list too', async () => {
    const images = await sync(await fileOf(wanted), `oci:${newPath()}`, { from: 'yaml', keepGoing: true })
    expect(
      images.map(({ source, destination, result, error }) => [
        source.slice(source.indexOf(registry.host) + registry.host.length + 1),
        destination !== undefined,
        result?.changed,
        error?.code,
      ]),
    ).toEqual([
      ['No/Such', false, undefined, 'bad-reference'],
      ['a/app:v1', true, true, undefined],
      ['a/app:missing', true, undefined, 'image-not-found'],
      ['a/app:v2', true, true, undefined],
    ])
  })

  test('is no failure of an image where the whole run is stopped', async () => {
    const abort = new AbortController()
    const images = syncImages(`docker://${registry.host}/a/app`, `oci:${newPath()}`, {
      keepGoing: true,
      imagesAtOnce: 1,
      signal: abort.signal,
    })
    expect((await images.next()).done).toBe(false)
    abort.abort()
    await expect(images.next()).rejects.toMatchObject({ code: 'interrupted' })
  })
})

test('what has no images is an error', async () => {
  await mkdir(path.join(folder, 'empty'))
  for (const [source, options] of [
    [`dir:${folder}/empty`, {}],
    [await fileOf({ 'images-by-semver': { 'a/app': '>100' } }), { from: 'yaml' }],
  ] as const) {
    await expect(sync(source, `oci:${newPath()}`, options)).rejects.toMatchObject({
      code: 'image-not-found',
      operation: 'look for images',
    })
  }
})

test('a repository without a tag that is wanted is told of', async () => {
  const file = await fileOf({ images: { 'a/app': ['v1'] }, 'images-by-tag-regex': { 'b/app': '^x' } })
  const warnings: string[] = []
  const onEvent: SyncOptions['onEvent'] = event => event.type === 'warning' && warnings.push(event.message)
  expect(await sync(file, `oci:${newPath()}`, { from: 'yaml', onEvent })).toHaveLength(1)
  expect(warnings).toEqual([`${registry.host}/b/app has no tag that is wanted`])
})

test('a dry run plans, and writes nothing', async () => {
  const at = newPath()
  const [image] = await sync(`docker://${registry.host}/a/app:v1`, `oci:${at}`, { dryRun: true })
  expect(image?.result?.plan?.length).toBeGreaterThan(0)
  await expect(Array.fromAsync(listTags(`oci:${at}`))).rejects.toMatchObject({ code: 'bucket-not-found' })
})

test('no two images are pushed into one repository at once, and no layer twice', async () => {
  await sync(`docker://${registry.host}/a/app`, `docker://${registry.host}/line`)
  const puts = registry.requests.filter(
    ({ method, path: at }) => method === 'PUT' && at.includes('/line/app/manifests/'),
  )
  // the children and the tag of the first, and of the others the tag alone
  const tags = puts.map(({ path: at }) => at.slice(at.lastIndexOf('/') + 1)).filter(name => !name.includes(':'))
  expect(tags).toEqual(['v1', 'v2', 'v3'])
  expect(puts).toHaveLength(5)
})

test('one token of a registry does for all images of a repository', async () => {
  await using guarded = await startFakeRegistry({ auth: 'token' })
  const authFile = `${newPath()}.json`
  await writeFile(authFile, JSON.stringify({ auths: { [guarded.host]: { auth: btoa('test:secret') } } }))
  for (const tag of ['v1', 'v2', 'v3']) await copyImage(hello, `${guarded.host}/app:${tag}`, { authFile })
  guarded.requests.length = 0
  expect(await sync(`docker://${guarded.host}/app`, `oci:${newPath()}`)).toHaveLength(3)
  expect(guarded.requests.filter(({ path: at }) => at.startsWith('/token'))).toHaveLength(1)
})

test('the file says who to be at a registry', async () => {
  await using guarded = await startFakeRegistry({ auth: 'token' })
  const account = { username: 'test', password: 'secret' }
  await copyImage(hello, `${guarded.host}/app:v1`, { destinationServer: { credential: account } })
  const file = await fileOf({ images: { app: ['v1'] }, credentials: account }, guarded.host)
  expect(await sync(file, `oci:${newPath()}`, { from: 'yaml' })).toHaveLength(1)
  const wrong = { ...account, password: 'wrong' }
  const other = await fileOf({ images: { app: ['v1'] }, credentials: wrong }, guarded.host)
  await expect(sync(other, `oci:${newPath()}`, { from: 'yaml' })).rejects.toMatchObject({ code: 'unauthorized' })
})

test('a folder of certificates that the file names must be there', async () => {
  const file = await fileOf({ images: { 'a/app': ['v1'] }, 'cert-dir': '/there/is/none' })
  await expect(sync(file, `oci:${newPath()}`, { from: 'yaml' })).rejects.toMatchObject({ code: 'bad-argument' })
})

describe('tags of signatures', () => {
  const subject = `sha256-${'a'.repeat(64)}`
  const tagsAt = async (reference: string) => await Array.fromAsync(listTags(reference))
  beforeAll(async () => {
    for (const tag of ['v1', `${subject}.sig`, subject, `${subject}.other`])
      await copyImage(hello, `${registry.host}/signed/app:${tag}`)
  })

  test('are no images of their own: they come with the images', async () => {
    const at = `oci:${newPath()}`
    expect(await sync(`docker://${registry.host}/signed/app`, at)).toHaveLength(2)
    // what nobody looks for is copied as the tag that it is
    expect((await tagsAt(at)).sort()).toEqual([`app:${subject}.other`, 'app:v1'])
  })

  test('are images where nothing else carries them', async () => {
    const source = `docker://${registry.host}/signed/app`
    expect(await sync(source, `dir:${newPath()}`)).toHaveLength(4)
    expect(await sync(source, `oci:${newPath()}`, { referrers: false })).toHaveLength(4)
  })

  test('are images where they are named', async () => {
    const file = await fileOf({ images: { 'signed/app': [`${subject}.sig`] } })
    expect(await sync(file, `oci:${newPath()}`, { from: 'yaml' })).toHaveLength(1)
  })
})
