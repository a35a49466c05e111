import type { Node } from '../model/descriptor.ts'
import type { ObjectStore } from '../stores/index.ts'
import type { Origin } from './transport.ts'

/** Where an object of a store is, for a destination that can take it from there. */
export function objectOrigin(store: ObjectStore, key: string): Origin | undefined {
  const object = store.origin?.(key)
  return object && { kind: 'object', ...object }
}

/** Has a store take a blob from where it lives. `false`: it cannot, and the bytes are to be moved. */
export async function adoptObject(
  store: ObjectStore,
  key: string,
  { digest, size }: Node,
  origin: Origin,
  signal?: AbortSignal,
): Promise<boolean> {
  if (origin.kind !== 'object' || store.copyFrom === undefined) return false
  return (await store.copyFrom(origin, key, { size, content: digest, signal })) !== undefined
}
