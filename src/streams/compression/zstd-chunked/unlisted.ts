import { LadingError } from '../../../errors/index.ts'

/** An archive that a table of contents cannot describe. What it is made of can still be compressed. */
export function unlisted(why: string, code: 'unsupported' | 'too-large' = 'unsupported'): LadingError {
  return new LadingError(code, `a layer cannot be made zstd:chunked: ${why}`, {
    hint: 'compress it as zstd, which takes any layer',
  })
}
