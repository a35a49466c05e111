import { LadingError } from '../../errors/index.ts'
import type { Compression } from './compression.ts'

/** The error of compressed content that is not what it must be. `why` follows "the gzip content". */
export function badCompression(compression: Compression, why: string, cause?: unknown): LadingError {
  return new LadingError('bad-compression', `the ${compression} content ${why}`, { cause })
}
