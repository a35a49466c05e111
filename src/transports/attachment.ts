import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'

/** A manifest that belongs to another one, its subject, and which whoever copies the subject wants too. */
export type Attachment =
  /** It names its subject (distribution specification, "Listing Referrers"). */
  | { readonly by: 'referrer'; readonly node: Node }
  /** It has a tag that is made of the subject's digest, as cosign does: `sha256-<hex>.sig`, `.att`, `.sbom`. */
  | {
      readonly by: 'tag'
      readonly tag: string
      readonly node: Node
      /** What the tag was when it was looked up, for a destination that can promise to replace nothing else. */
      readonly replaces?: 'absent' | Digest
    }
