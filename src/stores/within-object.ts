import { LadingError } from '../errors/index.ts'
import type { ByteRange } from '../streams/index.ts'

/**
 * The first byte of a range and its last plus one, in an object of `size` bytes.
 *
 * @throws LadingError `size-mismatch` where the range is not within the object
 */
export function withinObject(range: ByteRange | undefined, size: number): { start: number; end: number } {
  const start = range?.start ?? 0
  const end = range?.end ?? size
  if (start > end || end > size) {
    throw new LadingError('size-mismatch', `bytes ${start} to ${end} were asked for, but it has ${size}`)
  }
  return { start, end }
}
