import { isLadingError } from '../../errors/index.ts'
import { blobKey } from '../../layout/index.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'

/** Blobs that are asked for one by one before the bucket is asked for a page of them: it costs what a dozen of these questions do. */
const singleQuestions = 16
/** As many as S3 lists in one answer. */
const pageSize = 1000

interface Page {
  readonly sizes: ReadonlyMap<string, number>
  /** What the page says nothing of comes after this key. Absent: the page is all. */
  readonly last?: string
}

/** What is known of a blob: its size, or that it was not there. */
export interface ListedBlob {
  readonly size: number | undefined
}

/**
 * The first page of a bucket's blobs, which answers for all of a small bucket. Of a larger one it answers for a part: digests are spread
 * evenly, and hundreds of questions at once are sooner answered than page after page.
 */
export class BlobPage {
  readonly #store: ObjectStore
  #asked = 0
  #page: Promise<Page> | undefined

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /**
   * What the page says of a blob; `undefined`: nothing. What it says was so once or later since the first call that gave something: a caller
   * MUST keep what is there from being deleted before it calls.
   */
  async find(digest: Digest, signal?: AbortSignal): Promise<ListedBlob | undefined> {
    // Listing a folder reads all of it, and a look at a file costs no round trip.
    if (this.#store.listing !== 'by-prefix' || digestParts(digest).algorithm !== 'sha256') return undefined
    this.#asked += 1
    if (this.#asked <= singleQuestions) return undefined
    this.#page ??= readPage(this.#store, signal)
    const { sizes, last } = await this.#page
    const key = blobKey(digest)
    return last !== undefined && key > last ? undefined : { size: sizes.get(key) }
  }
}

async function readPage(store: ObjectStore, signal: AbortSignal | undefined): Promise<Page> {
  const sizes = new Map<string, number>()
  try {
    for await (const entry of store.list('blobs/sha256/', { signal })) {
      if (entry.kind !== 'object') continue
      const { key, size } = entry.info
      sizes.set(key, size)
      if (sizes.size === pageSize) return { sizes, last: key }
    }
    return { sizes }
  } catch (error) {
    // Whoever wants to know asks for the blob itself, and hears what is wrong.
    if (!isLadingError(error) || signal?.aborted) throw error
    return { sizes, last: '' }
  }
}
