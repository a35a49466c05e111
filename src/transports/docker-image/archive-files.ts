import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'

/** The files of an archive by their names in it, however it is read. Links are followed, and none of them leads out. */
export interface ArchiveFiles {
  readonly size: (name: string) => number | undefined
  /** @throws LadingError `bad-archive` where the file is larger than any document */
  document(name: string, signal?: AbortSignal): Promise<Uint8Array | undefined>
  /**
   * A layer as it is stored. `diffId` is what its uncompressed bytes are said to be.
   *
   * @throws LadingError `unsupported` for a compression that no media type has
   */
  layer(name: string, diffId: Digest, signal?: AbortSignal): Promise<Descriptor | undefined>
}

/** The most that a manifest, an index or a config of an archive may have. */
export const maxDocumentBytes = maxManifestBytes

export function tooLargeDocument(name: string, size: number): LadingError {
  return new LadingError(
    'bad-archive',
    `${name} has ${size} bytes, and a document of an archive may have ${maxDocumentBytes}`,
  )
}

/** Where the OCI image layout has a blob, which Docker since 25 has too. */
export function blobName(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return `blobs/${algorithm}/${hex}`
}
