import { describe, expect, test } from 'vitest'
import { watchedStore } from '../../test/bucket/watched-store.ts'
import { LadingError } from '../errors/index.ts'
import { digestOf } from '../model/digest.ts'
import { memoryStore, type ObjectStore } from '../stores/index.ts'
import { readAll } from '../streams/index.ts'
import { deleteTag, type TagDeletion } from './delete-tag.ts'
import { readHistory } from './history.ts'
import { tagKeys } from './keys.ts'
import { readTag } from './tag-record.ts'
import { trashFolder } from './trash-keys.ts'
import { listTrashedTags, newestTrashOf, removeTrashedTag, trashOf } from './trashed-tags.ts'
import { writeTag } from './write-tag.ts'

const now = () => new Date('2026-04-13T13:22:09.123Z')
const bytesOf = (text: string) => new TextEncoder().encode(text)
const digestIn = (text: string) => digestOf(bytesOf(text))

async function push(store: ObjectStore, name: string, content: string, more: { now?: () => Date } = {}) {
  const [image = '', tag = ''] = name.split(':')
  const bytes = bytesOf(content)
  const write = { image, tag, digest: digestOf(bytes), bytes, imageBytes: 1, immutable: false, now, ...more }
  return await writeTag(store, write)
}

function deletion(name: string, more: Partial<TagDeletion> = {}): TagDeletion {
  const [image = '', tag = ''] = name.split(':')
  return { image, tag, immutable: false, keepTrash: true, now, ...more }
}

async function keysIn(store: ObjectStore, prefix = ''): Promise<string[]> {
  return await Array.fromAsync(store.list(prefix), entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
}

async function contentsBelow(store: ObjectStore, prefix: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const key of await keysIn(store, prefix)) {
    const { body } = await store.get(key)
    contents[key.slice(prefix.length)] = new TextDecoder().decode(await readAll(body, 10_000, key))
  }
  return contents
}

async function signedTags(): Promise<ObjectStore> {
  const store = memoryStore()
  await push(store, 'app:v1', 'one')
  await push(store, 'app/v1:v1', 'below')
  await store.put('manifests/app/v1/signatures/k1.json', bytesOf('signature 1'))
  await store.put('manifests/app/v1/signatures/k2.json', bytesOf('signature 2'))
  await store.put('manifests/app/v1/v1/signatures/k1.json', bytesOf('signature below'))
  return store
}

describe('deleting a tag', () => {
  test('takes its own objects, and nothing of an image whose name lies below it', async () => {
    const store = await signedTags()
    const [own, below] = [tagKeys('app', 'v1'), await contentsBelow(store, 'manifests/app/v1/v1/')]
    const { signatures: _, ...files } = own
    const before = await contentsBelow(store, 'manifests/app/v1/')
    const deleted = await deleteTag(store, deletion('app:v1'))
    expect(deleted?.digest).toBe(digestIn('one'))
    for (const key of Object.values(files)) expect(await store.head(key)).toBeUndefined()
    expect(await contentsBelow(store, 'manifests/app/v1/')).toEqual(
      Object.fromEntries(Object.entries(below).map(([key, content]) => [`v1/${key}`, content])),
    )
    if (deleted?.trash === undefined) throw new Error('it is in the trash')
    expect(trashFolder(deleted.trash)).toMatch(/^lading\/trash\/tags\/app\/v1@20260413T132209123Z-[0-9a-f]{8}\/$/)
    const inTrash = await contentsBelow(store, trashFolder(deleted.trash))
    expect(inTrash).toEqual(Object.fromEntries(Object.entries(before).filter(([key]) => !key.startsWith('v1/'))))
    expect(Object.keys(inTrash)).toHaveLength(5)
  })

  test('of the image below leaves the tag above it', async () => {
    const store = await signedTags()
    const above = (contents: Record<string, string>) => Object.entries(contents).filter(([key]) => !/^v1\//.test(key))
    const before = above(await contentsBelow(store, 'manifests/app/v1/'))
    await deleteTag(store, deletion('app/v1:v1', { keepTrash: false }))
    expect(Object.entries(await contentsBelow(store, 'manifests/app/v1/'))).toEqual(before)
    expect(await keysIn(store, 'lading/')).toEqual([])
  })

  test('that is not there changes nothing', async () => {
    const store = await signedTags()
    const before = await keysIn(store)
    expect(await deleteTag(store, deletion('app:v2'))).toBeUndefined()
    expect(await deleteTag(store, deletion('app/v1:v2'))).toBeUndefined()
    expect(await keysIn(store)).toEqual(before)
  })

  test('that is immutable, or holds another digest than was said, is refused and says what it holds', async () => {
    const store = await signedTags()
    const before = await keysIn(store)
    const held = `holds ${digestIn('one')}, pushed 2026-04-13T13:22:09Z`
    await expect(deleteTag(store, deletion('app:v1', { immutable: true }))).rejects.toMatchObject({
      code: 'tag-exists',
      message: `app:v1 is immutable and ${held}`,
      hint: 'delete it with --force',
    })
    await expect(deleteTag(store, deletion('app:v1', { expect: digestIn('two') }))).rejects.toMatchObject({
      code: 'precondition-failed',
      message: expect.stringContaining(held),
    })
    expect(await keysIn(store)).toEqual(before)
    expect(await deleteTag(store, deletion('app:v1', { expect: digestIn('one') }))).toBeDefined()
  })

  test('whose history is damaged or too large goes all the same, and as it was', async () => {
    const store = memoryStore()
    await push(store, 'app:v1', 'one')
    await store.put(tagKeys('app', 'v1').history, new Uint8Array(5 * 1024 * 1024))
    await deleteTag(store, deletion('app:v1'))
    const trashed = await newestTrashOf(store, 'app', 'v1')
    expect(trashed?.objects.get('history.json')?.size).toBe(5 * 1024 * 1024)
    expect(await keysIn(store, 'manifests/')).toEqual([])
  })

  test.each([
    true,
    false,
  ])('and killed before any of its steps (trash: %s) leaves the tag, or its whole copy; done again, it is finished', async keepTrash => {
    for (let killedAt = 0, ended = false; !ended; killedAt++) {
      const store = await signedTags()
      const expected = Object.entries(await contentsBelow(store, 'manifests/app/v1/')).filter(
        ([key]) => !/^v1\//.test(key),
      )
      const dying = watchedStore(store, async call => {
        if (call >= killedAt) throw new LadingError('io', 'killed')
      })
      ended = await deleteTag(dying, deletion('app:v1', { keepTrash })).then(
        () => true,
        () => false,
      )
      const there = await readTag(store, 'app', 'v1')
      const trashed = await newestTrashOf(store, 'app', 'v1')
      if (there === undefined && keepTrash) {
        if (trashed === undefined) throw new Error(`killed before step ${killedAt}, nothing is left`)
        expect(Object.entries(await contentsBelow(store, trashFolder(trashed)))).toEqual(expected)
      }
      if (there !== undefined) expect(await store.head(tagKeys('app', 'v1').history)).toBeDefined()
      const left = there !== undefined || (await store.head(tagKeys('app', 'v1').history)) !== undefined
      const again = await deleteTag(store, deletion('app:v1', { keepTrash }))
      if (keepTrash && left) expect(again?.digest).toBe(digestIn('one'))
      expect(await readTag(store, 'app', 'v1')).toBeUndefined()
      if (keepTrash) expect(await keysIn(store, 'manifests/')).toEqual(await keysIn(store, 'manifests/app/v1/v1/'))
      expect(await readTag(store, 'app/v1', 'v1')).toBeDefined()
    }
  })

  test.each([
    'one',
    'two',
  ])('while %s is pushed, at any step of it, loses neither the pushed root nor its entry', async content => {
    for (let step = 0, ended = false; !ended; step++) {
      const store = await signedTags()
      ended = true
      const crossed = watchedStore(store, async call => {
        if (call !== step) return
        ended = false
        await push(store, 'app:v1', content)
      })
      await deleteTag(crossed, deletion('app:v1'))
      const there = await readTag(store, 'app', 'v1')
      if (there === undefined) continue
      expect(there.digest).toBe(digestIn(content))
      const history = await readHistory(store, tagKeys('app', 'v1').history)
      expect(history.map(({ digest }) => digest)).toContain(there.digest)
      expect(await store.head(tagKeys('app', 'v1').marker)).toBeDefined()
    }
  })

  test.each([
    'app:v1',
    'app:new',
  ])('at any step of a push of %s loses neither the pushed root nor its entry', async name => {
    const tag = name.slice(4)
    for (let step = 0, ended = false; !ended; step++) {
      const store = await signedTags()
      ended = true
      const crossed = watchedStore(store, async call => {
        if (call !== step) return
        ended = false
        await deleteTag(store, deletion(name))
        await push(store, name, 'three')
        await deleteTag(store, deletion(name))
      })
      await push(crossed, name, 'two')
      const there = await readTag(store, 'app', tag)
      if (there === undefined) continue
      const history = await readHistory(store, tagKeys('app', tag).history)
      expect(history.map(({ digest }) => digest)).toContain(there.digest)
      expect(await store.head(tagKeys('app', tag).marker)).toBeDefined()
    }
  })

  test('leaves a signature that was made meanwhile', async () => {
    const store = await signedTags()
    const key = 'manifests/app/v1/signatures/k1.json'
    const crossed = watchedStore(store, async () => {
      if ((await readTag(store, 'app', 'v1')) === undefined) await store.put(key, bytesOf('of the next image'))
    })
    await deleteTag(crossed, deletion('app:v1'))
    expect(await store.head(key)).toBeDefined()
    expect(await store.head('manifests/app/v1/signatures/k2.json')).toBeUndefined()
  })

  test('twenty times at once, while twenty others are pushed to, leaves those whole', async () => {
    const store = memoryStore()
    const names = Array.from({ length: 20 }, (_, at) => `app:t${at}`)
    for (const name of names) await push(store, name, `old ${name}`)
    await Promise.all([
      ...names.map(name => deleteTag(store, deletion(name))),
      ...names.map(name => push(store, `other${name}`, `new ${name}`)),
      ...names.map(name => push(store, name.replace('app:', 'app/v1:'), `below ${name}`)),
    ])
    for (const name of names) {
      const tag = name.slice(4)
      expect((await readTag(store, 'otherapp', tag))?.digest).toBe(digestIn(`new ${name}`))
      expect((await readTag(store, 'app/v1', tag))?.digest).toBe(digestIn(`below ${name}`))
      expect(await readTag(store, 'app', tag)).toBeUndefined()
    }
  })
})

describe('the trash', () => {
  async function trashOfThree(): Promise<ObjectStore> {
    const store = memoryStore({ now })
    for (const [at, content] of ['one', 'two'].entries()) {
      await push(store, 'app:v1', content)
      await deleteTag(store, deletion('app:v1', { now: () => new Date(now().getTime() + at) }))
    }
    await push(store, 'app/v1:v1', 'below')
    await deleteTag(store, deletion('app/v1:v1'))
    return store
  }

  test('lists every deletion, of a tag the oldest first, and what began but was not finished', async () => {
    const store = await trashOfThree()
    await store.put('lading/trash/tags/app/v2@20260413T132209123Z-00000000/history.json', bytesOf('[]'))
    await store.put('lading/trash/tags/app/v2/readme', bytesOf('no deletion'))
    const listed = await Array.fromAsync(listTrashedTags(store), ({ image, tag, complete, deletedAt, objects }) => [
      `${image}:${tag}`,
      complete,
      deletedAt,
      objects.size,
    ])
    expect(listed).toEqual([
      ['app/v1:v1', true, now(), 3],
      ['app:v1', true, now(), 3],
      ['app:v1', true, now(), 3],
      ['app:v2', false, now(), 1],
    ])
    expect(await Array.fromAsync(listTrashedTags(store, 'app/v1/'), ({ image }) => image)).toEqual(['app/v1'])
    expect(await Array.fromAsync(trashOf(store, 'app', 'v1'))).toHaveLength(2)
    expect(await Array.fromAsync(trashOf(store, 'app', 'v2'))).toEqual([])
    const newest = await newestTrashOf(store, 'app', 'v1')
    expect(newest?.stamp).toMatch(/124Z/)
  })

  test('loses one deletion and no other', async () => {
    const store = await trashOfThree()
    const newest = await newestTrashOf(store, 'app', 'v1')
    if (newest === undefined) throw new Error('there are two')
    await removeTrashedTag(store, newest)
    expect(await keysIn(store, trashFolder(newest))).toEqual([])
    expect(await Array.fromAsync(listTrashedTags(store))).toHaveLength(2)
  })
})
