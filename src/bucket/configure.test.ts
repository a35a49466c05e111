import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { changeConfig, readConfig } from './configure.ts'
import { initStore } from './init-store.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-configure-'))
afterAll(() => rm(directory, { recursive: true }))

let local: string
let count = 0
beforeEach(async () => {
  local = join(directory, `store-${count++}`)
  await initStore({ local })
})

const fileIn = () => readFile(join(local, 's3lo.yaml'), 'utf8')

test('a fresh bucket has nothing set, and keeps the words of its file', async () => {
  const before = await fileIn()
  const bucket = `local://${local}`
  expect(await readConfig(bucket)).toEqual({ bucket, default: {}, images: [] })
  expect(await changeConfig(bucket, { keep_history: '3' })).toEqual({
    bucket,
    default: { keepHistory: 3 },
    images: [],
    changed: true,
  })
  expect(await fileIn()).toBe(`${before}default:\n  keep_history: 3\n`)
  expect((await changeConfig(bucket, { keep_history: '3' })).changed).toBe(false)
  await changeConfig(bucket, { keep_history: '' })
  expect(await fileIn()).toBe(before)
})

test('the words of a fresh file are a configuration, once they are no comment', async () => {
  const lines = (await fileIn()).split('\n')
  const first = lines.indexOf('# default:')
  await writeFile(
    join(local, 's3lo.yaml'),
    lines
      .slice(first)
      .map(line => line.replace(/^# ?/, ''))
      .join('\n'),
  )
  expect(await readConfig(`local://${local}//`)).toMatchObject({
    default: { immutable: false, keepLast: 10, maxAge: '90d', keepTags: ['latest', 'stable', 'v1.*'], keepHistory: 5 },
    images: [{ name: 'release/*', immutable: true }],
  })
})

describe('an image', () => {
  test.each(['/', '//'])('behind %s is told what holds for it, and from where', async mark => {
    const bucket = `local://${local}${mark}`
    await changeConfig(bucket, { 'lifecycle.max_age': '7d', immutable: 'true' })
    await changeConfig(`${bucket}team/*`, { 'lifecycle.keep_tags': 'latest', immutable: 'false' })
    expect(await readConfig(`${bucket}team/app`)).toEqual({
      bucket,
      image: 'team/app',
      settings: {
        immutable: { value: false, source: 'image', entry: 'team/*' },
        maxAge: { value: '7d', source: 'default' },
        keepTags: { value: ['latest'], source: 'image', entry: 'team/*' },
        keepHistory: { value: 5, source: 'built in' },
      },
    })
    expect((await readConfig(`${bucket}team/*`)).settings).toMatchObject({ immutable: { value: false } })
  })

  test('has no tag, and its name does not end in a slash', async () => {
    await expect(readConfig(`local://${local}//app:v1`)).rejects.toMatchObject({ code: 'bad-reference' })
    await expect(changeConfig(`local://${local}//app/`, { immutable: 'true' })).rejects.toMatchObject({
      code: 'bad-reference',
      hint: 'for the images below it write app/*, for the image app',
    })
  })
})

test.each([
  { immutable: 'true', keep_last: '3' },
  { immutable: 'true', 'lifecycle.keep_last': 'many' },
  { 'lifecycle.max_age': '1 day' },
])('%j changes nothing', async changes => {
  const before = await fileIn()
  await expect(changeConfig(`local://${local}`, changes)).rejects.toMatchObject({ code: 'bad-argument' })
  expect(await fileIn()).toBe(before)
})

test('a malformed file is told with its line, and stays', async () => {
  const text = 'default:\n  immutable: perhaps\n'
  await writeFile(join(local, 's3lo.yaml'), text)
  const failure = { code: 'bad-layout', message: expect.stringContaining('line 2 of') }
  await expect(readConfig(`local://${local}`)).rejects.toMatchObject(failure)
  await expect(changeConfig(`local://${local}`, { immutable: 'true' })).rejects.toMatchObject(failure)
  expect(await fileIn()).toBe(text)
})

test('a directory that is no bucket is not made one', async () => {
  await expect(changeConfig(`local://${directory}/none//`, { immutable: 'true' })).rejects.toMatchObject({
    code: 'bucket-not-found',
  })
})
