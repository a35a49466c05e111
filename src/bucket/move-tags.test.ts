import { beforeEach, describe, expect, test } from 'vitest'
import { digestOfText as digest, layerOfText as layerOf, tagFolder } from '../../test/bucket/tag-folder.ts'
import { deleteImage } from '../copy/index.ts'
import { blobKey, readHistory, tagKeys } from '../layout/index.ts'
import { rollbackTag } from './rollback-tag.ts'
import { tagHistory } from './tag-history.ts'
import { tagImage } from './tag-image.ts'

let at: Awaited<ReturnType<typeof tagFolder>>
beforeEach(async () => {
  at = await tagFolder()
})

describe('the history of a tag', () => {
  test('is newest first, and says which push the tag holds', async () => {
    for (const text of ['one', 'two', 'one']) await at.push('app:v1', text)
    const { pushes, reference, ...rest } = await tagHistory(at.ref('app:v1'))
    expect(rest).toEqual({ digest: digest('one') })
    expect(reference).toBe(at.ref('app:v1'))
    expect(pushes.map(one => [one.digest, one.current])).toEqual([
      [digest('one'), true],
      [digest('two'), false],
      [digest('one'), false],
    ])
    expect(pushes.every(({ sizeBytes = 0 }) => sizeBytes > 500)).toBe(true)
  })

  test('has the time of the object where the tag was made without an entry', async () => {
    await at.push('app:v1', 'one')
    const { history, manifest } = tagKeys('app', 'v1')
    const modified = await at.within(async store => {
      await store.delete(history)
      return (await store.head(manifest))?.modified
    })
    const { pushes } = await tagHistory(at.ref('app:v1'))
    expect(pushes).toEqual([{ digest: digest('one'), pushedAt: modified, current: true }])
  })

  test.each([
    [`app@sha256:${'a'.repeat(64)}`, 'bad-reference'],
    [`app:v1@sha256:${'a'.repeat(64)}`, 'bad-reference'],
    ['app:v2', 'image-not-found'],
  ])('of %s is refused: %s', async (name, code) => {
    await at.push('app:v1', 'one')
    await expect(tagHistory(at.ref(name))).rejects.toMatchObject({ code, operation: 'history' })
  })

  test('of a deleted tag says when it was deleted, and how it comes back', async () => {
    await at.push('app:v1', 'one')
    const pinned = at.ref(`app:v1@${digest('one')}`)
    await deleteImage(pinned)
    const told = {
      code: 'image-not-found',
      message: expect.stringMatching(/was deleted at 20.*Z, and is in the trash/),
      hint: `bring it back with \`lading restore ${at.ref('app:v1')}\``,
    }
    await expect(tagHistory(at.ref('app:v1'))).rejects.toMatchObject(told)
    await expect(deleteImage(pinned)).rejects.toMatchObject(told)
    await expect(tagImage(at.ref('app:v1'), 'v2')).rejects.toMatchObject(told)
  })
})

describe('a rollback', () => {
  test('goes to what was held before, and a second one undoes it', async () => {
    for (const text of ['one', 'two', 'three']) await at.push('app:v1', text)
    expect(await rollbackTag(at.ref('app:v1'))).toEqual({
      reference: at.ref('app:v1'),
      digest: digest('two'),
      previous: digest('three'),
      changed: true,
    })
    expect(await at.pushed('app:v1')).toEqual(['two', 'three', 'two', 'one'].map(digest))
    expect((await rollbackTag(at.ref('app:v1'))).digest).toBe(digest('three'))
  })

  test('passes over an entry whose push was killed before its tag was written', async () => {
    for (const text of ['one', 'two']) await at.push('app:v1', text)
    const { history } = tagKeys('app', 'v1')
    const entries = await at.within(store => readHistory(store, history))
    const killed = { pushed_at: '2026-01-02T03:04:05Z', digest: digest('never'), size_bytes: 1 }
    await at.put(history, JSON.stringify([killed, ...entries]))
    expect((await rollbackTag(at.ref('app:v1'))).digest).toBe(digest('one'))
  })

  test.each([
    ['a digest', () => digest('one')],
    ['its beginning', () => digest('one').slice(0, 15)],
    ['the beginning of its hexadecimal digits', () => digest('one').slice(7, 19)],
  ])('goes to %s', async (_, to) => {
    for (const text of ['one', 'two', 'three']) await at.push('app:v1', text)
    await rollbackTag(at.ref('app:v1'), { to: to() })
    expect(await at.held('app:v1')).toBe(digest('one'))
  })

  test('that is told nothing certain is refused', async () => {
    await at.push('app:v1', 'one')
    const rollback = (to?: string) => rollbackTag(at.ref('app:v1'), { to })
    await expect(rollback()).rejects.toMatchObject({ code: 'image-not-found', hint: expect.stringContaining('--to') })
    await expect(rollback('ffff')).rejects.toMatchObject({ code: 'image-not-found' })
    await expect(rollback('latest')).rejects.toMatchObject({ code: 'bad-argument' })
    await at.push('app:v1', 'two')
    await expect(rollback('sha256:')).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('2 digests'),
    })
    await expect(rollbackTag(at.ref('app:v9'))).rejects.toMatchObject({ code: 'image-not-found' })
  })

  test('to an image of which a blob or the manifest is gone says which, and the tag stays', async () => {
    for (const text of ['one', 'two']) await at.push('app:v1', text)
    await at.within(store => store.delete(blobKey(layerOf('one'))))
    await expect(rollbackTag(at.ref('app:v1'))).rejects.toMatchObject({
      code: 'blob-not-found',
      message: expect.stringContaining(layerOf('one')),
      hint: expect.stringMatching(/app:v1 is as it was.*clean/),
    })
    await at.within(store => store.delete(blobKey(digest('one'))))
    await expect(rollbackTag(at.ref('app:v1'))).rejects.toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining(digest('one')),
    })
    expect(await at.pushed('app:v1')).toEqual(['two', 'one'].map(digest))
    expect(await at.held('app:v1')).toBe(digest('two'))
  })

  test('finds a root that s3lo has removed from the blobs, and another tag holds', async () => {
    for (const text of ['one', 'two']) await at.push('app:v1', text)
    await at.push('app:v0', 'one')
    await at.within(store => store.delete(blobKey(digest('one'))))
    expect((await rollbackTag(at.ref('app:v1'))).digest).toBe(digest('one'))
  })

  test('of an immutable tag wants force, and a condition is kept', async () => {
    for (const text of ['one', 'two']) await at.push('app:v1', text)
    await at.put('s3lo.yaml', 'default: {immutable: true}')
    await expect(rollbackTag(at.ref('app:v1'))).rejects.toMatchObject({ code: 'tag-exists' })
    const other = { force: true, expect: digest('one') }
    await expect(rollbackTag(at.ref('app:v1'), other)).rejects.toMatchObject({ code: 'precondition-failed' })
    await rollbackTag(at.ref('app:v1'), { force: true, expect: digest('two') })
    expect(await at.held('app:v1')).toBe(digest('one'))
  })
})

describe('a new tag', () => {
  test.each([
    ['v2', 'app:v2'],
    [':v2', 'app:v2'],
    ['other/app:v3', 'other/app:v3'],
  ])('named %s is %s', async (name, expected) => {
    await at.push('app:v1', 'one')
    const tagged = await tagImage(at.ref('app:v1'), name)
    expect(tagged).toEqual({
      source: at.ref('app:v1'),
      reference: at.ref(expected),
      digest: digest('one'),
      changed: true,
    })
    expect(await at.names()).toEqual(expect.arrayContaining(['app:v1', expected]))
    expect(await at.pushed(expected)).toEqual([digest('one')])
  })

  test('is named by a whole reference, of a digest too, and without "//"', async () => {
    await at.push('app:v1', 'one')
    await at.push('app:v1', 'two')
    await tagImage(at.ref(`app@${digest('one')}`), at.ref('app:old'))
    expect(await at.held('app:old')).toBe(digest('one'))
    const plain = await tagImage(`local://${at.root}/app:old`, 'older')
    expect(plain.reference).toBe(`local://${at.root}/app:older`)
    await tagImage(`local://${at.root}/app:old`, at.ref('b/c:d'))
    expect(await at.names()).toEqual(['app:old', 'app:older', 'app:v1', 'b/c:d'])
  })

  test.each([
    ['local://./elsewhere//app:v2', 'bad-reference', 'lading copy'],
    ['s3://bucket/app:v2', 'bad-reference', 'lading copy'],
    ['..', 'bad-reference', ''],
    ['a/../b:v1', 'bad-reference', ''],
    ['app:', 'bad-reference', ''],
    ['manifest.json', 'bad-reference', ''],
  ])('named %s is refused', async (name, code, hint) => {
    await at.push('app:v1', 'one')
    await expect(tagImage(at.ref('app:v1'), name)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) })
    expect(await at.names()).toEqual(['app:v1'])
  })

  test('keeps conditions, immutability, and what it would point to must be there', async () => {
    await at.push('app:v1', 'one')
    await at.push('app:v2', 'two')
    const tag = (more = {}) => tagImage(at.ref('app:v1'), 'v2', more)
    await expect(tag({ expect: 'absent' })).rejects.toMatchObject({
      code: 'tag-exists',
      message: expect.stringContaining(digest('two')),
    })
    await expect(tag({ expect: digest('one') })).rejects.toMatchObject({ code: 'precondition-failed' })
    await at.put('s3lo.yaml', 'images: {app: {immutable: true}}')
    await expect(tag()).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await tag({ force: true })).toMatchObject({ previous: digest('two'), changed: true })
    expect(await tag()).toMatchObject({ changed: false })
    await at.put('s3lo.yaml', 'images: [')
    await expect(tagImage(at.ref('app:v1'), 'v3')).rejects.toMatchObject({ code: 'bad-layout' })
    expect(await tagImage(at.ref('app:v1'), 'forced', { force: true })).toMatchObject({ changed: true })
    await at.within(store => store.delete('s3lo.yaml'))
    await at.within(store => store.delete(blobKey(layerOf('one'))))
    await expect(tagImage(at.ref('app:v1'), 'v3')).rejects.toMatchObject({ code: 'blob-not-found' })
    await expect(tagImage(at.ref('app:v9'), 'v3')).rejects.toMatchObject({ code: 'image-not-found' })
  })
})
