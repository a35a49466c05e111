import type { LadingError } from '../../errors/index.ts'
import type { CopyOptions, CopyResult } from '../copy-options.ts'

/** What SOURCE is: a repository or an image of a registry, a directory with images (`dir:`) in it, or a file of skopeo-sync(1). */
export const syncSources = ['docker', 'dir', 'yaml'] as const
/** What DESTINATION is: a registry or the beginning of its repositories, a directory for directories, an OCI layout. */
export const syncDestinations = ['docker', 'dir', 'oci'] as const

export interface SyncOptions
  extends Omit<CopyOptions, 'additionalTags' | 'expect' | 'sourceDaemonHost' | 'destinationDaemonHost'> {
  /** Default: as the prefix of the source says, `docker://` or `dir:`. */
  readonly from?: (typeof syncSources)[number] | undefined
  /** Default: as the prefix of the destination says: `docker://`, `dir:`, `oci:`, or that of a bucket. */
  readonly to?: (typeof syncDestinations)[number] | undefined
  /** Keep the whole name of each image below the destination, its registry too, and not the last part of it alone. */
  readonly scoped?: boolean | undefined
  /** Added to every tag at the destination. */
  readonly appendSuffix?: string | undefined
  /** Go on with the other images where one fails, or one repository cannot be listed. */
  readonly keepGoing?: boolean | undefined
  /** How many images are copied at a time, none of them of the same repository at the destination. Default 4. */
  readonly imagesAtOnce?: number | undefined
}

/** What became of one image; of a repository that could not be listed there is an `error` and no destination. */
export interface SyncedImage {
  readonly source: string
  readonly destination?: string
  readonly result?: CopyResult
  /** With `keepGoing`: why it was not copied. */
  readonly error?: LadingError
}
