import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tagKeys, writeTag } from '../layout/index.ts'
import { digestOf } from '../model/digest.ts'
import { openStore } from '../stores/index.ts'
import { listImages } from './list-images.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-list-'))
afterAll(() => rm(directory, { recursive: true }))
const root = join(directory, 'store')
const time = new Date('2026-04-13T13:22:09Z')

const names = ['app:v1', 'app:v2', 'app-2:v1', 'apple:v1', 'dev/a:v1', 'dev/a/b:v1', 'dev/b:v1', 'team/dev/a:v1']
/** In the order of the keys, where `-` comes before `/`. */
const listed = ['app-2:v1', 'app:v1', 'app:v2', 'apple:v1', 'dev/a/b:v1', 'dev/a:v1', 'dev/b:v1', 'team/dev/a:v1']

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const manifest = new TextEncoder().encode(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('a'), size: 1000 },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest('b'), size: 2000 }],
  }),
)

beforeAll(async () => {
  await using store = await openStore({ scheme: 'local', root })
  for (const name of names) {
    const [image = '', tag = ''] = name.split(':')
    await writeTag(store, {
      ...{
        image,
        tag,
        bytes: manifest,
        digest: digestOf(manifest),
        imageBytes: 12_345,
        immutable: false,
        now: () => time,
      },
    })
  }
  // What is no tag is not listed: signatures below one, and what nobody could name.
  await store.put('manifests/app/v1/signatures/x/manifest.json', manifest)
  await store.put('manifests/a b/v1/manifest.json', manifest)
})

async function namesIn(locator: string): Promise<string[]> {
  return await Array.fromAsync(listImages(locator), ({ image, tag }) => `${image}:${tag}`)
}

describe('a listing', () => {
  test.each([
    ['', listed],
    ['/', listed],
    ['//', listed],
    ['/app', ['app:v1', 'app:v2']],
    ['/dev', ['dev/a/b:v1', 'dev/a:v1', 'dev/b:v1']],
    ['/dev/', ['dev/a/b:v1', 'dev/a:v1', 'dev/b:v1']],
    ['/dev/a', ['dev/a/b:v1', 'dev/a:v1']],
    ['//dev/*', ['dev/a:v1', 'dev/b:v1']],
    ['/dev/**', ['dev/a/b:v1', 'dev/a:v1', 'dev/b:v1']],
    ['/app*', ['app-2:v1', 'app:v1', 'app:v2', 'apple:v1']],
    ['/*/dev/*', ['team/dev/a:v1']],
    ['/nothing', []],
    ['/nothing/*', []],
  ])('of STORE%s', async (path, expected) => {
    expect(await namesIn(`local://${root}${path}`)).toEqual(expected)
  })

  test.each(['/app:v1', '//app:v1', '/dev/../app'])('of STORE%s is refused: it could match nothing', async path => {
    await expect(namesIn(`local://${root}${path}`)).rejects.toMatchObject({ code: 'bad-reference' })
  })

  test('gives names alone unless details are wanted', async () => {
    const [first] = await Array.fromAsync(listImages(`local://${root}/dev/b`))
    expect(first).toEqual({ image: 'dev/b', tag: 'v1' })
  })

  test('gives digest, size and time where they are wanted, in the same order', async () => {
    const entries = await Array.fromAsync(listImages(`local://${root}`, { details: true }))
    expect(entries.map(({ image, tag }) => `${image}:${tag}`)).toEqual(listed)
    expect(entries[0]).toEqual({
      image: 'app-2',
      tag: 'v1',
      digest: digestOf(manifest),
      sizeBytes: 12_345,
      pushedAt: time,
    })
  })

  test('takes size and time from the tag itself where the history does not say them', async () => {
    const other = join(directory, 'without-history')
    await using store = await openStore({ scheme: 'local', root: other })
    const { modified } = await store.put(tagKeys('plain', 'v1').manifest, manifest)
    const index = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}')
    await store.put(tagKeys('index', 'v1').manifest, index)
    await store.put(tagKeys('index', 'v1').history, new TextEncoder().encode('damaged'))
    await store.put(tagKeys('not-json', 'v1').manifest, new TextEncoder().encode('damaged'))
    const entries = await Array.fromAsync(listImages(`local://${other}`, { details: true }))
    expect(entries.map(({ image, sizeBytes }) => [image, sizeBytes])).toEqual([
      ['index', undefined],
      ['not-json', undefined],
      ['plain', 3000 + manifest.byteLength],
    ])
    expect(entries[2]?.pushedAt).toEqual(modified)
  })

  test('of no bucket is an error, not an empty list', async () => {
    for (const locator of [`local://${directory}/none`, `local://${directory}/none//`]) {
      await expect(namesIn(locator)).rejects.toMatchObject({ code: 'bucket-not-found' })
    }
  })
})

test('what is attached to images is left out, where that is said', async () => {
  const attached = `app:sha256-${'c'.repeat(64)}.sig`
  await using store = await openStore({ scheme: 'local', root })
  await store.put(tagKeys('app', attached.slice('app:'.length)).manifest, manifest)
  const listedWith = async (options: { attachments?: boolean }) =>
    (await Array.fromAsync(listImages(`local://${root}//`, options))).map(({ image, tag }) => `${image}:${tag}`)
  expect(await listedWith({ attachments: false })).toEqual(listed)
  expect((await listedWith({})).filter(name => !listed.includes(name))).toEqual([attached])
  await store.delete(tagKeys('app', attached.slice('app:'.length)).manifest)
})
