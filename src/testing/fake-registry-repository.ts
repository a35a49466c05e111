import { type Digest, digestOf } from '../model/digest.ts'

export interface StoredManifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

interface PartialUpload {
  readonly chunks: Uint8Array[]
  size: number
  /** What the next request must bring back in its URL. */
  state: string
}

/** What a fake registry holds under one name. Tests may put in what no registry would take. */
export class FakeRepository {
  readonly blobs = new Map<Digest, Uint8Array>()
  readonly manifests = new Map<Digest, StoredManifest>()
  readonly tags = new Map<string, Digest>()
  readonly uploads = new Map<string, PartialUpload>()

  addBlob(bytes: Uint8Array): Digest {
    const digest = digestOf(bytes)
    this.blobs.set(digest, bytes)
    return digest
  }

  /** Unchecked. */
  addManifest(mediaType: string, bytes: Uint8Array, tag?: string): Digest {
    const digest = digestOf(bytes)
    this.manifests.set(digest, { mediaType, bytes })
    if (tag !== undefined) this.tags.set(tag, digest)
    return digest
  }
}
