import { beforeEach, expect, test } from 'vitest'
import { cleanBucket, deleteImage, inspectImage, restoreTag, rollbackTag } from '../../src/index.ts'
import { digestOfText, layerOfText, tagFolder } from './tag-folder.ts'

let at: Awaited<ReturnType<typeof tagFolder>>
beforeEach(async () => {
  at = await tagFolder()
})

/** What nothing needs is condemned, and deleted where it is not kept. */
const clean = (keepTrashSeconds: number) =>
  cleanBucket(at.ref(''), { confirm: true, graceSeconds: 0, keepTrashSeconds })

test('a tag comes back whose blobs a clean has condemned, and the next clean leaves them', async () => {
  await at.push('app:v1', 'one')
  await deleteImage(at.ref('app:v1'))
  expect((await clean(3600)).blobs?.condemned.count).toBe(3)
  expect(await restoreTag(at.ref('app:v1'))).toMatchObject({ digest: digestOfText('one') })
  expect((await clean(0)).blobs?.removed.count).toBe(0)
  expect((await inspectImage(at.ref('app:v1'))).digest).toBe(digestOfText('one'))
})

test('a tag whose trash was emptied is gone', async () => {
  await at.push('app:v1', 'one')
  await deleteImage(at.ref('app:v1'))
  expect((await clean(0)).blobs?.removed.count).toBe(3)
  await expect(restoreTag(at.ref('app:v1'))).rejects.toMatchObject({ code: 'image-not-found' })
})

test('a rollback farther back than the history keeps says which blob is gone, and the tag stays', async () => {
  await at.put('s3lo.yaml', 'default: {keep_history: 2}')
  for (const text of ['one', 'two', 'three']) await at.push('app:v1', text)
  await clean(0)
  await expect(rollbackTag(at.ref('app:v1'), { to: digestOfText('one') })).rejects.toMatchObject({
    code: 'image-not-found',
    message: expect.stringContaining(digestOfText('one')),
  })
  expect(await at.held('app:v1')).toBe(digestOfText('three'))
  expect((await rollbackTag(at.ref('app:v1'))).digest).toBe(digestOfText('two'))
  expect(await at.within(store => store.head(`blobs/sha256/${layerOfText('one').slice(7)}`))).toBeUndefined()
})
