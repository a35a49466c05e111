import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys } from '../key-order.ts'
import { memoryStore } from './memory-store.ts'
import { SortedKeys } from './sorted-keys.ts'

const text = (minLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', 'é', '\uffff', '😀'), minLength, maxLength: 4 })
const key = text(1)
const step = fc.oneof(
  fc.record({ add: key }),
  fc.record({ remove: key }),
  fc.record({
    prefix: key,
    delimiter: fc.constantFrom('/', undefined),
    startAfter: fc.option(key, { nil: undefined }),
  }),
)

/** What a listing is, said plainly. */
function listed(there: ReadonlySet<string>, prefix: string, delimiter: string | undefined, startAfter = ''): string[] {
  const names = [...there]
    .filter(one => one.startsWith(prefix) && (startAfter === '' || compareKeys(one, startAfter) > 0))
    .sort(compareKeys)
    .map(one => {
      const slash = delimiter === undefined ? -1 : one.indexOf(delimiter, prefix.length)
      return slash === -1 ? one : one.slice(0, slash + 1)
    })
  return [...new Set(names)]
}

test('keys come in order, whatever was added and removed between two listings', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const there = new Set<string>()
      const keys = new SortedKeys(one => there.has(one))
      for (const one of steps) {
        if ('add' in one) {
          if (!there.has(one.add)) keys.add(one.add)
          there.add(one.add)
        } else if ('remove' in one) {
          there.delete(one.remove)
        } else {
          const found = [...keys.from(one.prefix, one.delimiter, one.startAfter)].map(
            ({ key, folded }) => folded ?? key,
          )
          expect(found).toEqual(listed(there, one.prefix, one.delimiter, one.startAfter))
        }
      }
    }),
  )
})

test('a listing that is under way sees no key twice while others come and go', async () => {
  const store = memoryStore()
  const put = (name: string) => store.put(name, new Uint8Array())
  for (const name of ['b', 'd', 'f']) await put(name)
  const seen: string[] = []
  for await (const entry of store.list('')) {
    if (entry.kind !== 'object') continue
    seen.push(entry.info.key)
    if (entry.info.key !== 'b') continue
    await store.delete('d')
    await put('a')
    await put('d')
    await store.delete('f')
    await Array.fromAsync(store.list(''))
  }
  expect(seen).toEqual(['b', 'd'])
})
