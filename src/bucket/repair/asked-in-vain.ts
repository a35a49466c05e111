import type { Digest } from '../../model/digest.ts'
import { createDigestTable } from '../digest-table.ts'

/** What no source had: a base layer is missing of many images, and need not be asked for with each. */
export interface AskedInVain {
  has(digest: Digest): boolean
  add(digest: Digest): void
}

export function askedInVain(): AskedInVain {
  const table = createDigestTable()
  return { has: digest => table.flags(digest) !== 0, add: digest => void table.add(digest, 1) }
}
