import type { ObjectStore } from './object-store.ts'

/** The same store for somebody who closes what it was given. Who has opened it closes it. */
export function lendStore(store: ObjectStore): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === Symbol.asyncDispose) return async () => {}
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
