import { type ErrorCode, isLadingError } from '../errors/index.ts'
import { mapInOrder } from '../streams/index.ts'
import type { Deletion } from './object-store.ts'

/**
 * How many deletions are under way at once. Google Cloud Storage and Azure take a hundred and more in one request, but in a
 * multipart/mixed body of whole HTTP requests and answers: a parser that this does not pay for.
 */
const atOnce = 24

/** What would be the same for every other key. */
const ofTheStore: readonly ErrorCode[] = ['bucket-not-found', 'unauthorized', 'network', 'timeout', 'internal']

/** `deleteMany` for a store that deletes one object at a time. */
export function deleteOneByOne(
  keys: AsyncIterable<string>,
  deleteOne: (key: string) => Promise<void>,
): AsyncIterable<Deletion> {
  return mapInOrder(keys, atOnce, async key => {
    try {
      await deleteOne(key)
      return { key }
    } catch (error) {
      if (!isLadingError(error) || ofTheStore.includes(error.code)) throw error
      return { key, error }
    }
  })
}
