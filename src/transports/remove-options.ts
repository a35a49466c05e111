import type { Digest } from '../model/digest.ts'

/** How an image is removed. */
export interface RemoveOptions {
  /** Remove the tag only if it holds this digest. */
  readonly expect?: Digest | undefined
  /** Remove a tag that the bucket's configuration calls immutable. */
  readonly force?: boolean | undefined
  /** Keep the tag in the trash. Default: true. */
  readonly keepTrash?: boolean | undefined
  /** Only look what would be removed. */
  readonly dryRun?: boolean | undefined
}

export interface RemovedImage {
  /** Of what was removed, where the place tells it. */
  readonly digest?: Digest
  /** Whether it can be brought back. Absent: the place has no trash. */
  readonly inTrash?: boolean
}
