import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { type ByteRange, type ByteStream, readAll } from '../../streams/index.ts'

/** The files of a layout, wherever they are: what reading one needs of an ObjectStore. */
export interface LayoutFiles {
  /** @throws LadingError `blob-not-found` where it is absent, `size-mismatch` where the range is not within it */
  get(key: string, options?: GetFileOptions): Promise<LayoutFile>
}

export interface GetFileOptions {
  readonly range?: ByteRange
  readonly signal?: AbortSignal | undefined
}

export interface LayoutFile {
  readonly info: { readonly size: number; readonly etag?: string }
  readonly body: ByteStream
}

/** OCI image specification, image-layout.md#blobs. */
export function blobKey(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return `blobs/${algorithm}/${hex}`
}

/** How the blobs of a layout are found among files. */
export interface BlobPlace {
  keyOf(digest: Digest): string
  /** What can be done where one is absent. */
  readonly absentHint: string
}

/** In the layout itself. */
export const ownBlobs: BlobPlace = {
  keyOf: blobKey,
  absentHint: 'the layout is incomplete: copy the image into it again',
}

/** @throws LadingError `blob-not-found`, before the first byte */
export async function* fetchBlob(
  files: LayoutFiles,
  node: Node,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
  { keyOf, absentHint }: BlobPlace = ownBlobs,
): ByteStream & AsyncGenerator<Uint8Array> {
  try {
    const { body } = await files.get(keyOf(node.digest), { signal, ...(range === undefined ? {} : { range }) })
    yield* body
  } catch (error) {
    if (!isLadingError(error, 'blob-not-found')) throw error
    throw new LadingError('blob-not-found', `the layout has no ${node.kind} ${node.digest}`, {
      cause: error,
      hint: absentHint,
    })
  }
}

/** A manifest as it was stored; `undefined` where it is absent, or was damaged since: both are written again. */
export async function readStoredManifest(
  files: LayoutFiles,
  node: Node,
  signal?: AbortSignal,
  { keyOf }: BlobPlace = ownBlobs,
): Promise<Uint8Array | undefined> {
  try {
    const { info, body } = await files.get(keyOf(node.digest), { signal })
    if (info.size !== node.size) return undefined
    const bytes = await readAll(body, node.size, `the manifest ${node.digest}`)
    return digestOf(bytes, digestParts(node.digest).algorithm) === node.digest ? bytes : undefined
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}
