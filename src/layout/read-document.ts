import { isLadingError } from '../errors/index.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { readAll } from '../streams/index.ts'

/** A small object, whole. */
export interface StoredDocument {
  readonly info: ObjectInfo
  readonly bytes: Uint8Array
}

/** `undefined` where it is absent. @throws LadingError `too-large` beyond `limit` bytes */
export async function readDocument(
  store: ObjectStore,
  key: string,
  limit: number,
  signal?: AbortSignal,
): Promise<StoredDocument | undefined> {
  try {
    const { info, body } = await store.get(key, { signal })
    return { info, bytes: await readAll(body, limit, key) }
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}
