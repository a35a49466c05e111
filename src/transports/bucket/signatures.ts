import { hasSignatures, readSignatures, type StoredSignatures, writeSignatures } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'

/** The signatures of a bucket's manifests, as one who copies sees them. */
export class BucketSignatures {
  readonly #store: ObjectStore
  readonly #known = new Map<Digest, StoredSignatures>()
  /** Most buckets hold none: that is found out once, and not for each manifest. */
  #any: Promise<boolean> | undefined

  constructor(store: ObjectStore) {
    this.#store = store
  }

  async read(manifest: Digest, signal: AbortSignal | undefined): Promise<readonly Uint8Array[]> {
    this.#any ??= hasSignatures(this.#store, signal)
    const found: StoredSignatures = (await this.#any) ? await readSignatures(this.#store, manifest, signal) : new Map()
    this.#known.set(manifest, found)
    return [...found.values()]
  }

  /** What was read before and is not among them goes; where nothing was read, all that is there. */
  async write(manifest: Digest, signatures: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<void> {
    const known = this.#known.get(manifest)?.keys() ?? 'all'
    await writeSignatures(this.#store, manifest, signatures, known, signal)
    this.#known.delete(manifest)
    this.#any = undefined
  }
}
