import { beforeEach, describe, expect, test } from 'vitest'
import { digestOfText as digest, layerOfText as layerOf, tagFolder } from '../../test/bucket/tag-folder.ts'
import { deleteImage } from '../copy/index.ts'
import { blobKey, tagKeys } from '../layout/index.ts'
import { readAll } from '../streams/index.ts'
import { deleteAllTags } from './delete-all-tags.ts'
import { listDeletedTags } from './list-deleted-tags.ts'
import { restoreTag } from './restore-tag.ts'

let at: Awaited<ReturnType<typeof tagFolder>>
beforeEach(async () => {
  at = await tagFolder()
})

describe('a restored tag', () => {
  test('has its history and its signatures, and the trash has it no more', async () => {
    for (const text of ['one', 'two']) await at.push('app:v1', text)
    const signature = `${tagKeys('app', 'v1').signatures}k1.json`
    await at.put(signature, 'a signature')
    await at.push('app/v1:x', 'below')
    await at.age('app', 'v1')
    await deleteImage(at.ref('app:v1'))
    expect(await at.names()).toEqual(['app/v1:x'])
    const [deleted] = await Array.fromAsync(listDeletedTags(at.ref('')))
    expect(deleted).toMatchObject({ image: 'app', tag: 'v1', digest: digest('two') })
    const restored = await restoreTag(at.ref('app:v1'))
    expect(restored).toMatchObject({ digest: digest('two'), changed: true, deletedAt: deleted?.deletedAt })
    expect(await at.pushed('app:v1')).toEqual(['two', 'two', 'one'].map(digest))
    const content = await at.within(async store => await readAll((await store.get(signature)).body, 100, signature))
    expect(new TextDecoder().decode(content)).toBe('a signature')
    expect(await Array.fromAsync(listDeletedTags(at.ref('')))).toEqual([])
    await expect(restoreTag(at.ref('app:v1'))).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('is the newest deletion, that of a time, or that of a digest', async () => {
    const times: Date[] = []
    for (const text of ['one', 'two', 'three']) {
      await at.push('app:v1', text)
      await deleteImage(at.ref('app:v1'))
      const all = await Array.fromAsync(listDeletedTags(at.ref('app')), ({ deletedAt }) => deletedAt)
      times.push(all.at(-1) ?? new Date(0))
    }
    const before = new Date((times[0]?.getTime() ?? 0) - 1)
    await expect(restoreTag(at.ref('app:v1'), { at: before })).rejects.toMatchObject({
      code: 'image-not-found',
      hint: expect.stringContaining('3 others'),
    })
    expect(await restoreTag(at.ref('app:v1'), { at: times[1] })).toMatchObject({ digest: digest('two') })
    expect(await restoreTag(at.ref('app:v1'), { digest: digest('one'), force: true })).toMatchObject({
      digest: digest('one'),
      previous: digest('two'),
    })
    expect(await restoreTag(at.ref('app:v1'), { force: true })).toMatchObject({ digest: digest('three') })
  })

  test('takes no place that is taken, unless it is forced to', async () => {
    await at.push('app:v1', 'one')
    await at.age('app', 'v1')
    await deleteImage(at.ref('app:v1'))
    await at.push('app:v1', 'two')
    await expect(restoreTag(at.ref('app:v1'))).rejects.toMatchObject({
      code: 'tag-exists',
      hint: expect.stringContaining('--force'),
    })
    expect(await restoreTag(at.ref('app:v1'), { force: true })).toMatchObject({ previous: digest('two') })
    expect(await at.pushed('app:v1')).toEqual(['one', 'two', 'one'].map(digest))
  })

  test('of an image of which a blob is gone says which; nothing changes', async () => {
    await at.push('app:v1', 'one')
    await at.put(`${tagKeys('app', 'v1').signatures}k1.json`, 'a signature')
    await deleteImage(at.ref('app:v1'))
    await at.within(store => store.delete(blobKey(layerOf('one'))))
    await expect(restoreTag(at.ref('app:v1'))).rejects.toMatchObject({
      code: 'blob-not-found',
      message: expect.stringContaining(layerOf('one')),
    })
    const left = await at.within(store => Array.fromAsync(store.list('manifests/')))
    expect(left).toEqual([])
    expect(await Array.fromAsync(listDeletedTags(at.ref('')))).toHaveLength(1)
  })

  test('that fits no deletion says what was asked for, and that there are others', async () => {
    await at.push('app:v1', 'one')
    await deleteImage(at.ref('app:v1'))
    const before = { digest: digest('one'), at: new Date('2020-01-01T00:00:00Z') }
    await expect(restoreTag(at.ref('app:v1'), before)).rejects.toMatchObject({
      message: `the trash has no deletion of ${digest('one')} of app:v1 at 2020-01-01T00:00:00.000Z or before`,
      hint: expect.stringContaining('1 other:'),
    })
  })

  test('needs its root nowhere but in the trash', async () => {
    await at.push('app:v1', 'one')
    await deleteImage(at.ref('app:v1'))
    await at.within(store => store.delete(blobKey(digest('one'))))
    expect(await restoreTag(at.ref('app:v1'))).toMatchObject({ digest: digest('one') })
  })
})

describe('a deleted tag', () => {
  test('of a bucket leaves its blobs, and is in the trash unless that is unwanted', async () => {
    await at.push('app:v1', 'one')
    await at.push('app:v2', 'one')
    expect(await deleteImage(at.ref('app:v1'))).toEqual({
      reference: at.ref('app:v1'),
      digest: digest('one'),
      inTrash: true,
    })
    expect(await deleteImage(at.ref('app:v2'), { keepTrash: false })).toMatchObject({ inTrash: false })
    const trash = await Array.fromAsync(listDeletedTags(at.ref('')), ({ tag }) => tag)
    expect(trash).toEqual(['v1'])
    expect(await at.within(store => store.head(blobKey(layerOf('one'))))).toBeDefined()
    await expect(deleteImage(at.ref('app:v2'))).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('is only looked at with a dry run, which refuses what the deletion would', async () => {
    await at.push('app:v1', 'one')
    const looked = await deleteImage(at.ref('app:v1'), { dryRun: true })
    expect(looked).toEqual({ reference: at.ref('app:v1'), digest: digest('one'), inTrash: false, dryRun: true })
    await at.put('s3lo.yaml', 'default: {immutable: true}')
    for (const dryRun of [true, false]) {
      await expect(deleteImage(at.ref('app:v1'), { dryRun })).rejects.toMatchObject({
        code: 'tag-exists',
        hint: 'delete it with --force',
      })
      const expected = { dryRun, force: true, expect: digest('two') }
      await expect(deleteImage(at.ref('app:v1'), expected)).rejects.toMatchObject({ code: 'precondition-failed' })
    }
    await deleteImage(at.ref('app:v1'), { force: true, expect: digest('one') })
    expect(await at.names()).toEqual([])
  })

  test('is what is deleted: a digest alone is none, and one beside the tag is a condition', async () => {
    await at.push('app:v1', 'one')
    await expect(deleteImage(at.ref(`app@${digest('one')}`))).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('lading clean'),
    })
    await expect(deleteImage(at.ref(`app:v1@${digest('two')}`))).rejects.toMatchObject({ code: 'precondition-failed' })
    await deleteImage(at.ref(`app:v1@${digest('one')}`))
    expect(await at.names()).toEqual([])
  })

  test('goes with all others of exactly its image', async () => {
    for (const name of ['app:v1', 'app:v2', 'app/v1:x', 'app-2:v1', 'b/app:v1']) await at.push(name, name)
    const all = (more = {}) => Array.fromAsync(deleteAllTags(at.ref('app'), more), ({ reference }) => reference)
    const expected = [at.ref('app:v1'), at.ref('app:v2')]
    expect(await all({ dryRun: true })).toEqual(expected)
    await at.put('s3lo.yaml', 'images: {app: {immutable: true}}')
    await expect(all()).rejects.toMatchObject({ code: 'tag-exists', hint: expect.stringContaining('--force') })
    expect(await at.names()).toHaveLength(5)
    expect(await all({ force: true })).toEqual(expected)
    expect(await at.names()).toEqual(['app-2:v1', 'app/v1:x', 'b/app:v1'])
    await expect(all({ force: true })).rejects.toMatchObject({ code: 'image-not-found' })
    for (const name of ['app:v1', 'app:v2']) await restoreTag(at.ref(name))
    expect(await at.names()).toHaveLength(5)
  })

  test.each([
    '',
    'app/',
    'app*',
    'app:v1',
    '**',
  ])('is not looked for in %j when all of an image are wanted', async image => {
    await at.push('app:v1', 'one')
    await expect(Array.fromAsync(deleteAllTags(at.ref(image)))).rejects.toMatchObject({ code: 'bad-reference' })
    expect(await at.names()).toEqual(['app:v1'])
  })
})
