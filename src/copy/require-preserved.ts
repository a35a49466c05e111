import { LadingError } from '../errors/index.ts'
import type { Selection } from '../transform/index.ts'

/**
 * Whether the manifest that was found, or the one that was chosen from its index, arrives as it is.
 *
 * @param changes why it would not
 * @throws LadingError `unsupported`
 */
export function requirePreserved({ bytes, kept }: Pick<Selection, 'bytes' | 'kept'>, changes: readonly string[]): void {
  const subset = bytes === undefined ? [] : [`the index would be rewritten for ${kept.join(', ')}`]
  const all = [...subset, ...changes]
  if (all.length === 0) return
  throw new LadingError('unsupported', `the digest cannot be preserved: ${all.join('; ')}`, {
    hint: 'leave --preserve-digests out, or what asks for the change',
  })
}
