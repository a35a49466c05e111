import type { ObjectStore } from '../stores/index.ts'

/** The same store, some of it replaced. */
export function storeWith(store: ObjectStore, replaced: Partial<ObjectStore>): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name in replaced) return Reflect.get(replaced, name)
      const own: unknown = Reflect.get(target, name)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}
