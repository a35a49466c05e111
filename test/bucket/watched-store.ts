import type { ObjectStore } from '../../src/stores/index.ts'

/** The same store, which calls `before` with the number of each call that looks for, writes or deletes an object. */
export function watchedStore(store: ObjectStore, before: (call: number) => Promise<void>): ObjectStore {
  let calls = 0
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'put' && name !== 'delete' && name !== 'head') return value.bind(target)
      return async (...words: unknown[]) => {
        await before(calls++)
        return await value.apply(target, words)
      }
    },
  })
}
