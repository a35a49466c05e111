import { describe, expect, test } from 'vitest'
import { memoryStore, type ObjectStore } from '../stores/index.ts'
import type { TestFunctions } from './contract.ts'
import { objectStoreSuite } from './object-store-suite.ts'

/** A store with one defect, and a test of the suite that must fail for it. */
const defects: readonly [title: string, caught: string, spoil: (store: ObjectStore) => Partial<ObjectStore>][] = [
  [
    'creates over what exists',
    'of twenty that create one object exactly one does',
    store => ({ put: (key, body, { signal } = {}) => store.put(key, body, { signal }) }),
  ],
  [
    'stores a shorter body than declared',
    'a body that has not the size it declares is not stored',
    store => ({
      put: (key, body, options) =>
        store.put(key, body instanceof Uint8Array ? body : { open: from => body.open(from) }, options),
    }),
  ],
  [
    'lists in the order of UTF-16',
    'keys come in the order of their UTF-8 bytes, each once, with its size',
    store => ({
      async *list(prefix, options) {
        const entries = await Array.fromAsync(store.list(prefix, options))
        yield* entries.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
      },
    }),
  ],
  [
    'ignores the end of a range',
    'a range of a small object is exactly that range, and one beyond it is an error',
    store => ({
      get: (key, options) =>
        store.get(key, options?.range === undefined ? options : { range: { start: options.range.start } }),
    }),
  ],
  [
    'deletes what is below a key too',
    'many objects are deleted, absent ones too, and no other',
    store => ({
      async *deleteMany(keys) {
        for await (const key of keys) {
          for await (const entry of store.list(key)) await store.delete(keyOf(entry))
          yield { key }
        }
      },
    }),
  ],
  [
    'reads all keys before it deletes one',
    'keys of many deletions are read as it goes, and one may leave early',
    store => ({
      async *deleteMany(keys) {
        const read: string[] = []
        for await (const key of keys) if (read.push(key) > 100_000) throw new Error('out of memory')
        yield* store.deleteMany(read)
      },
    }),
  ],
  [
    'goes by another clock in lists than in heads',
    'objects that are put one after the other were modified in that order, as lists and heads tell it',
    store => ({
      async *list(prefix, options) {
        for await (const entry of store.list(prefix, options)) {
          if (entry.kind === 'prefix') yield entry
          else
            yield {
              kind: 'object',
              info: { ...entry.info, modified: new Date(entry.info.modified.getTime() - 60_000) },
            }
        }
      },
    }),
  ],
  [
    'forgets that an upload failed',
    'an upload that was finished, or that failed, is not unfinished',
    () => ({
      async *unfinished() {
        yield { key: 'failed', started: new Date(0), size: async () => 3 }
      },
    }),
  ],
  [
    'takes any key',
    'a key that could leave the root, or that belongs to the store itself, is refused by every operation',
    store => ({ head: async key => (key.includes('..') ? undefined : await store.head(key)) }),
  ],
]

type Entry = { kind: 'object'; info: { key: string } } | { kind: 'prefix'; prefix: string }
const keyOf = (entry: Entry) => (entry.kind === 'object' ? entry.info.key : entry.prefix)

/** A runner that only collects. */
function collect(open: () => Promise<ObjectStore>, waivers: Record<string, string> = {}) {
  const cases = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const collector: TestFunctions['test'] = Object.assign(
    (title: string, body: () => Promise<void>) => void cases.set(title, body),
    { skip: (title: string) => void skipped.push(title) },
  )
  objectStoreSuite({ describe: (_, body) => body(), test: collector }, { name: 'collected', open, waivers })
  return { cases, skipped }
}

describe('the conformance suite', () => {
  test.each(defects)('catches a store that %s', async (_, caught, spoil) => {
    const { cases } = collect(async () => {
      const store = memoryStore()
      const spoiled = spoil(store)
      return new Proxy(store, {
        get: (target, key) => {
          const value = Reflect.get(spoiled, key) ?? Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    })
    await expect(cases.get(caught)?.()).rejects.toThrow()
  })

  test('skips what is waived, and prints the reason', () => {
    const title = 'an empty object is an object'
    const { cases, skipped } = collect(async () => memoryStore(), { [title]: 'this store keeps no empty objects' })
    expect(skipped).toEqual([`${title} (waived: this store keeps no empty objects)`])
    expect(cases.has(title)).toBe(false)
  })

  test('refuses a waiver that names no test', () => {
    expect(() => collect(async () => memoryStore(), { 'no such test': 'because' })).toThrow('no such test')
  })
})
