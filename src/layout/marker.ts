import { isLadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import type { TagKeys } from './keys.ts'

const marker = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}')

/** Writes the file that says what a tag's folder is laid out as, unless it is there. */
export async function writeMarker(store: ObjectStore, keys: TagKeys, signal: AbortSignal | undefined): Promise<void> {
  try {
    await store.put(keys.marker, marker, { ifNoneMatch: '*', signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
  }
}
