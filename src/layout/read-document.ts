import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLadingError, LadingError } from '../errors/index.ts'
import type { ObjectInfo, ObjectStore } from '../stores/index.ts'
import { readAll } from '../streams/index.ts'

/** How often a document that breaks off is asked for. */
const readAttempts = 3
const firstWaitMs = 500

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
  let before: Uint8Array | undefined
  for (let attempt = 1; ; attempt++) {
    try {
      const { info, body, md5 } = await store.get(key, { signal })
      const bytes = await readAll(body, limit, key)
      // What comes twice in the same way is not what the network did, whatever the store calls it.
      const isRight = md5 === undefined || createHash('md5').update(bytes).digest('hex') === md5
      if (isRight || (before !== undefined && Buffer.compare(before, bytes) === 0)) return { info, bytes }
      before = bytes
      if (attempt === readAttempts) throw new LadingError('network', `${key} comes changed each time`)
    } catch (error) {
      if (isLadingError(error, 'blob-not-found')) return undefined
      // That the server answers was tried by who asks it. The body comes after that.
      if (attempt === readAttempts || !isLadingError(error, 'network', 'timeout')) throw error
      await sleep(firstWaitMs * 2 ** (attempt - 1) * Math.random(), undefined, signal === undefined ? {} : { signal })
    }
  }
}
