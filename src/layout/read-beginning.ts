import { isLadingError } from '../errors/index.ts'
import { createDigester, type Digest } from '../model/digest.ts'
import type { ObjectStore } from '../stores/index.ts'
import type { StoredDocument } from './read-document.ts'

/** An object of any size. */
export interface BegunDocument extends StoredDocument {
  /** `bytes` are all of it. */
  readonly whole: boolean
  /** Of the whole object. */
  readonly digest: Digest
}

/** Reads the object to its end and keeps `limit` bytes of it, for what is to be replaced or deleted whatever it holds. */
export async function readBeginning(
  store: ObjectStore,
  key: string,
  limit: number,
  signal?: AbortSignal,
): Promise<BegunDocument | undefined> {
  try {
    const { info, body } = await store.get(key, { needsEtag: true, signal })
    const digester = createDigester()
    const bytes = new Uint8Array(Math.min(limit, info.size))
    let size = 0
    for await (const chunk of body) {
      digester.update(chunk)
      if (size < bytes.byteLength) bytes.set(chunk.subarray(0, bytes.byteLength - size), size)
      size += chunk.byteLength
    }
    return { info, bytes, whole: size === bytes.byteLength, digest: digester.digest() }
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}
