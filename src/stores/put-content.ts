import { isLadingError } from '../errors/index.ts'
import type { Bytes } from '../streams/index.ts'
import type { ObjectStore } from './object-store.ts'

/**
 * Stores bytes under a key that their digest names. What is there already has the same content, unless its size says otherwise:
 * then it is broken, and what was verified takes its place.
 */
export async function putContent(
  store: ObjectStore,
  key: string,
  bytes: Bytes & { readonly size: number },
  signal?: AbortSignal,
): Promise<void> {
  try {
    await store.put(key, bytes, { ifNoneMatch: '*', signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
    if ((await store.head(key, { signal }))?.size !== bytes.size) await store.put(key, bytes, { signal })
  }
}
