import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { digestOf } from '../model/digest.ts'
import { memoryStore, type ObjectStore, openStore } from '../stores/index.ts'
import { readHistory } from './history.ts'
import { tagKeys } from './keys.ts'
import { readTag } from './tag-record.ts'
import { type TagWrite, writeTag } from './write-tag.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-write-tag-'))
afterAll(() => rm(directory, { recursive: true }))

const keys = tagKeys('team/app', 'v1')

function write(content: string, more: Partial<TagWrite> = {}): TagWrite {
  const bytes = new TextEncoder().encode(content)
  return {
    image: 'team/app',
    tag: 'v1',
    digest: digestOf(bytes),
    bytes,
    imageBytes: content.length,
    immutable: false,
    ...more,
  }
}

async function keysIn(store: ObjectStore): Promise<string[]> {
  return await Array.fromAsync(store.list(''), entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
}

async function historyOf(store: ObjectStore): Promise<string[]> {
  return (await readHistory(store, keys.history)).map(entry => entry.digest)
}

/** Lets the puts that `stop` names fail, as a kill before them would look to the next reader. */
function stoppedBefore(store: ObjectStore, stop: (key: string) => boolean): ObjectStore {
  const stopped: Pick<ObjectStore, 'put'> = {
    put: async (key, body, options) => {
      if (stop(key)) throw new LadingError('io', 'killed')
      return await store.put(key, body, options)
    },
  }
  return new Proxy(store, {
    get(target, name) {
      const value = name === 'put' ? stopped.put : Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('a tag', () => {
  test('is made with its marker and its history, and read back', async () => {
    const store = memoryStore()
    const now = () => new Date('2026-04-13T13:22:09Z')
    const first = write('{"first":1}', { now })
    expect(await writeTag(store, first)).toEqual({ changed: true })
    expect(await keysIn(store)).toEqual([keys.history, keys.manifest, keys.marker])
    const marker = await Array.fromAsync((await store.get(keys.marker)).body)
    expect(Buffer.concat(marker).toString()).toBe('{"imageLayoutVersion":"1.0.0"}')
    expect(await readHistory(store, keys.history)).toEqual([
      { pushed_at: '2026-04-13T13:22:09Z', digest: first.digest, size_bytes: 11 },
    ])
    expect(await readTag(store, 'team/app', 'v1')).toMatchObject({ digest: first.digest, bytes: first.bytes })
    expect(await readTag(store, 'team/app', 'v2')).toBeUndefined()
  })

  test('that is expected to be absent is made once, and its holder is named to who comes after', async () => {
    const store = memoryStore()
    const first = write('first')
    await writeTag(store, { ...first, expect: 'absent' })
    await expect(writeTag(store, write('second', { expect: 'absent' }))).rejects.toMatchObject({
      code: 'tag-exists',
      message: expect.stringContaining(first.digest),
    })
    expect(await writeTag(store, { ...first, expect: 'absent' })).toMatchObject({ changed: false })
    expect(await historyOf(store)).toEqual([first.digest])
  })

  test('that is expected to hold a digest moves only from it', async () => {
    const store = memoryStore()
    const [first, second] = [write('first'), write('second')]
    await expect(writeTag(store, { ...second, expect: first.digest })).rejects.toMatchObject({
      code: 'precondition-failed',
    })
    await writeTag(store, first)
    await writeTag(store, { ...second, expect: first.digest })
    await expect(writeTag(store, write('third', { expect: first.digest }))).rejects.toMatchObject({
      code: 'precondition-failed',
      message: expect.stringContaining(second.digest),
    })
  })

  test('that twenty expect to be absent is made by exactly one of them', async () => {
    const store = memoryStore()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => writeTag(store, write(`content ${at}`, { expect: 'absent' }))),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await historyOf(store)).toHaveLength(1)
  })

  test('that holds the root already is not written', async () => {
    const store = memoryStore()
    await writeTag(store, write('same'))
    const noWrites = stoppedBefore(store, () => true)
    const again = write('same', { immutable: true })
    expect(await writeTag(noWrites, again)).toEqual({ changed: false, previous: again.digest })
    const sha512 = write('same', { digest: digestOf(again.bytes, 'sha512') })
    expect(await writeTag(noWrites, sha512)).toEqual({ changed: false, previous: sha512.digest })
  })

  test('moves to and fro within a second, and the history holds every push, newest first', async () => {
    const store = memoryStore()
    const second = { now: () => new Date('2026-04-13T13:22:09Z') }
    const [one, two] = [write('one', second), write('two', second)]
    await writeTag(store, one)
    expect(await writeTag(store, two)).toEqual({ changed: true, previous: one.digest })
    await writeTag(store, one)
    expect(await historyOf(store)).toEqual([one.digest, two.digest, one.digest])
  })

  test('is entered once where the answer to its entry is lost and another push follows it', async () => {
    const store = memoryStore()
    let lost = false
    const losing = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (name !== 'put') return typeof value === 'function' ? value.bind(target) : value
        return async (...words: Parameters<ObjectStore['put']>) => {
          const info = await store.put(...words)
          if (words[0] !== keys.history || lost) return info
          lost = true
          await writeTag(store, write('another'))
          throw new LadingError('precondition-failed', 'that is what a repeated request is told')
        }
      },
    })
    const one = write('one')
    await writeTag(losing, one)
    expect(await historyOf(store)).toEqual([one.digest, write('another').digest])
  })

  test('that is immutable stays, and the error says what it holds and since when', async () => {
    const store = memoryStore()
    const one = write('one', { immutable: true, now: () => new Date('2026-04-13T13:22:09Z') })
    await writeTag(store, one)
    await expect(writeTag(store, write('two', { immutable: true }))).rejects.toMatchObject({
      code: 'tag-exists',
      message: `team/app:v1 is immutable and holds ${one.digest}, pushed 2026-04-13T13:22:09Z`,
      hint: expect.stringContaining('--force'),
    })
    expect(await historyOf(store)).toEqual([one.digest])
  })

  test('of an image whose children are named by sha512 has a sha512 digest', async () => {
    const store = memoryStore()
    const root = write(`{"config":{"digest":"sha512:${'a'.repeat(128)}"},"subject":{"digest":"sha256:x"}}`)
    await writeTag(store, root)
    expect((await readTag(store, 'team/app', 'v1'))?.digest).toBe(digestOf(root.bytes, 'sha512'))
  })

  describe.each([
    ['memory', async () => memoryStore()],
    ['local', async () => openStore({ scheme: 'local', root: await mkdtemp(join(directory, 's-')) })],
  ])('in a %s store, written by twenty at once', (_, open) => {
    const roots = Array.from({ length: 20 }, (_, i) => write(`root ${i}`))

    test('that is mutable takes every one in turn: all succeed, no entry is lost, the last one is the newest', async () => {
      const store = await open()
      const results = await Promise.all(roots.map(root => writeTag(store, root)))
      expect(results.every(({ changed }) => changed)).toBe(true)
      const history = await historyOf(store)
      expect(history.toSorted()).toEqual(roots.map(({ digest }) => digest).sort())
      expect((await readTag(store, 'team/app', 'v1'))?.digest).toBe(history[0])
    })

    test('that is immutable takes exactly one, and only that is in the history', async () => {
      const store = await open()
      const results = await Promise.allSettled(roots.map(root => writeTag(store, { ...root, immutable: true })))
      const won = roots.filter((_, i) => results[i]?.status === 'fulfilled')
      expect(won).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'tag-exists' })
      }
      expect(await historyOf(store)).toEqual([won[0]?.digest])
      expect((await readTag(store, 'team/app', 'v1'))?.digest).toBe(won[0]?.digest)
    })
  })

  test.each([
    ['oci-layout'],
    ['history.json'],
    ['manifest.json'],
  ])('whose writer is killed before %s is the old one, and the same push done again completes it', async file => {
    const store = memoryStore()
    const [one, two] = [write('one'), write('two')]
    await writeTag(store, one)
    await store.delete(keys.marker)
    await expect(
      writeTag(
        stoppedBefore(store, key => key.endsWith(file)),
        two,
      ),
    ).rejects.toThrow('killed')
    expect((await readTag(store, 'team/app', 'v1'))?.digest).toBe(one.digest)
    await writeTag(store, two)
    expect((await readTag(store, 'team/app', 'v1'))?.digest).toBe(two.digest)
    expect(await historyOf(store)).toEqual([two.digest, one.digest])
    expect(await store.head(keys.marker)).toBeDefined()
  })

  test('that something else made without a history gets its entry from the next writer', async () => {
    const made = new Date('2026-01-02T03:04:05.678Z')
    const store = memoryStore({ now: () => made })
    const [old, next] = [write('old'), write('next', { now: () => made })]
    await store.put(keys.manifest, old.bytes)
    await writeTag(store, next)
    expect(await readHistory(store, keys.history)).toEqual([
      { pushed_at: '2026-01-02T03:04:05Z', digest: next.digest, size_bytes: 4 },
      { pushed_at: '2026-01-02T03:04:05Z', digest: old.digest, size_bytes: 0 },
    ])
  })
})
