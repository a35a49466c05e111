import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLocalRoot } from './local-root.ts'

// The working directory of a test cannot be changed in a worker thread, so relative paths begin with the way to here.
const directory = await mkdtemp(join(tmpdir(), 'lading-local-root-'))
afterAll(() => rm(directory, { recursive: true }))

beforeAll(async () => {
  for (const path of [
    'by-blobs/blobs',
    'by-manifests/manifests',
    'plain/deep',
    'outer/blobs',
    'outer/inner/blobs',
    'deep/er/blobs',
  ]) {
    await mkdir(join(directory, path), { recursive: true })
  }
  await mkdir(join(directory, 'by-config'))
  await writeFile(join(directory, 'by-config/s3lo.yaml'), '')
})

const at = (path: string) => `${directory}/${path}`

describe('the root of a local path', () => {
  test.each([
    ['by-blobs/app', 'by-blobs', 'app'],
    ['by-manifests/app', 'by-manifests', 'app'],
    ['by-config/team/app', 'by-config', 'team/app'],
    ['outer/inner/app', 'outer', 'inner/app'],
    ['deep/er/team/app', 'deep/er', 'team/app'],
  ])('of the image %s is the shortest store', async (path, root, image) => {
    expect(await findLocalRoot(at(path), 'image')).toEqual({ root: at(root), path: image, exists: true })
  })

  test.each([
    ['by-blobs', 'by-blobs', ''],
    ['by-blobs/', 'by-blobs', ''],
    ['by-blobs/dev/*', 'by-blobs', 'dev/*'],
    ['by-blobs/dev/', 'by-blobs', 'dev/'],
    ['deep/er/team', 'deep/er', 'team'],
  ])('of the bucket %s may be all of it', async (path, root, rest) => {
    expect(await findLocalRoot(at(path), 'bucket')).toEqual({ root: at(root), path: rest, exists: true })
  })

  test.each([
    ['no-such-store/app', 'no-such-store', 'app'],
    ['./no-such-store/app', './no-such-store', 'app'],
    ['../no-such-store/app', '../no-such-store', 'app'],
    ['.././../no-such-store/app', '.././../no-such-store', 'app'],
  ])('of %s, where none is, is one component, to be created', async (path, root, image) => {
    expect(await findLocalRoot(path, 'image')).toEqual({ root, path: image, exists: false })
  })

  test.each([
    './no-such-store/team/app',
    'no/such/store/app',
    at('plain/app'),
    at('plain/deep/app'),
    '/no-such-store/app',
  ])('of %s, where none is, is not guessed', async path => {
    await expect(findLocalRoot(path, 'image')).rejects.toMatchObject({
      code: 'bucket-not-found',
      subject: `local://${path}`,
      hint: expect.stringMatching(/lading init --local.*\/\//),
    })
  })

  test('is needed: an image alone is in no bucket', async () => {
    await expect(findLocalRoot('./app', 'image')).rejects.toMatchObject({
      code: 'bucket-not-found',
      hint: expect.stringContaining('local://DIR/IMAGE:TAG'),
    })
  })
})
