import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  copyImage,
  deleteAllTags,
  deleteImage,
  listDeletedTags,
  listImages,
  restoreTag,
  rollbackTag,
  tagHistory,
  tagImage,
} from '../../src/index.ts'
import { blobKey } from '../../src/layout/index.ts'
import { startFakeS3 } from '../../src/testing/fake-s3.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, sdkClient } from '../stores/s3-place.ts'
import { imageOf } from './push-built.ts'
import { layerOfText } from './tag-folder.ts'

test('tags of a bucket in S3 go back, get others, are deleted and come back, and no blob is read or written', async () => {
  await using s3 = await startFakeS3()
  const folder = await mkdtemp(path.join(temporaryFolder(), 'tags-s3-'))
  for (const [name, value] of Object.entries(environmentOf(s3, folder))) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const client = sdkClient(s3)
  await client.createBucket({ Bucket: 'b' })
  const layout = path.join(folder, 'layout')
  await writeLayout(layout, { one: imageOf('one'), two: imageOf('two') })
  const ref = 's3://b/some/prefix//team/app:v1'
  for (const name of ['one', 'two']) await copyImage(`oci:${layout}:${name}`, ref)
  const [one, two] = [imageOf('one').root.digest, imageOf('two').root.digest]

  s3.requests.length = 0
  expect(await rollbackTag(ref)).toMatchObject({ digest: one, previous: two })
  expect(await tagImage(ref, 'v2')).toMatchObject({ reference: 's3://b/some/prefix//team/app:v2', digest: one })
  await tagImage(`s3://b/some/prefix//team/app@${two}`, 's3://b/some/prefix//other:v1')
  expect(await deleteImage(ref)).toMatchObject({ digest: one, inTrash: true })
  expect(await restoreTag(ref)).toMatchObject({ digest: one })
  expect((await tagHistory(ref)).pushes.map(({ digest }) => digest)).toEqual(expect.arrayContaining([one, two]))
  const all = await Array.fromAsync(deleteAllTags('s3://b/some/prefix//team/app'), ({ reference }) => reference)
  expect(all).toEqual([ref, 's3://b/some/prefix//team/app:v2'])
  const left = await Array.fromAsync(listImages('s3://b/some/prefix//'), ({ image }) => image)
  expect(left).toEqual(['other'])
  expect(await Array.fromAsync(listDeletedTags('s3://b/some/prefix//team/*'))).toHaveLength(2)
  const layers = s3.requests.filter(
    ({ method, path: at }) => method !== 'HEAD' && at.includes(layerOfText('one').slice(7)),
  )
  expect(layers).toEqual([])

  await client.deleteObject({ Bucket: 'b', Key: `some/prefix/${blobKey(layerOfText('one'))}` })
  await expect(restoreTag(ref)).rejects.toMatchObject({
    code: 'blob-not-found',
    message: expect.stringContaining(layerOfText('one')),
  })
})
