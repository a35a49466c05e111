import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { startFakeRegistry } from '../testing/fake-registry.ts'
import { copyImage } from './copy-image.ts'
import { listTags } from './list-tags.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-list-tags-'))
afterAll(() => rm(folder, { recursive: true }))
const hello = `oci:${path.join(import.meta.dirname, '../../examples/hello')}:v1`
const linux = { platforms: [{ os: 'linux', architecture: 'amd64' }] }

const tagsOf = async (repository: string) => await Array.fromAsync(listTags(repository))

test('of a registry: the tag that is named means nothing', async () => {
  await using registry = await startFakeRegistry({ quirks: { tagsPageSize: 2 } })
  for (const tag of ['v1', 'v2', 'v3']) await copyImage(hello, `${registry.host}/app:${tag}`)
  expect(await tagsOf(`${registry.host}/app`)).toEqual(['v1', 'v2', 'v3'])
  expect(await tagsOf(`${registry.host}/app:v2`)).toEqual(['v1', 'v2', 'v3'])
})

test('of an OCI layout and of its archive', async () => {
  const layout = path.join(folder, 'layout')
  for (const name of [':v1', '', ':team/app:v2']) await copyImage(hello, `oci:${layout}${name}`)
  expect(await tagsOf(`oci:${layout}`)).toEqual(['v1', 'team/app:v2'])
  await expect(tagsOf(`oci:${folder}/none`)).rejects.toMatchObject({ code: 'bucket-not-found' })
  const archive = path.join(folder, 'a.tar')
  await copyImage(hello, `oci-archive:${archive}:v1`)
  expect(await tagsOf(`oci-archive:${archive}`)).toEqual(['v1'])
})

test('of a Docker archive, compressed too', async () => {
  const archive = path.join(folder, 'docker.tar')
  await copyImage(hello, `docker-archive:${archive}:app:v1`, { ...linux, additionalTags: ['other/app:v2'] })
  const names = ['docker.io/library/app:v1', 'docker.io/other/app:v2']
  expect(await tagsOf(`docker-archive:${archive}`)).toEqual(names)
  await writeFile(`${archive}.gz`, gzipSync(await readFile(archive)))
  expect(await tagsOf(`docker-archive:${archive}.gz`)).toEqual(names)
})

test.each(['s3://bucket/app', 'local://./images/app:v1', 'dir:somewhere'])('%s is told to have none', async name => {
  await expect(tagsOf(name)).rejects.toMatchObject({ code: 'unsupported', operation: 'list tags', subject: name })
})
