import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'

export interface CommitOptions {
  /** Move a tag that the bucket's configuration calls immutable. */
  readonly force: boolean
  /**
   * Write the name only where it resolves to nothing, or to this digest. What is to be written may be there already. Of several that
   * expect the same, exactly one writes: a destination that cannot promise this MUST throw `unsupported` in `checkCommit`.
   */
  readonly expect?: Expectation | undefined
  /** What a sparse index names and is committed without; some of it may be there all the same. */
  readonly absent?: readonly Node[] | undefined
  /** Bytes of every blob and manifest of the image, for a bucket's history. */
  readonly imageBytes: number
  /** Names beside the reference's own, for a destination whose trait says that it takes them. */
  readonly additionalTags?: readonly string[] | undefined
}

export type Expectation = 'absent' | Digest

export interface CommitResult {
  /** Whether anything was written: `false` where the name had this digest already. */
  readonly changed: boolean
  /** What the name resolved to before. */
  readonly previous?: Digest
  /** Where the image is kept without its manifest: the digest of the one that is made when it is read. */
  readonly digest?: Digest
}
