import { compileGlob, isGlob } from '../layout/index.ts'

/** Which images are meant by what follows a bucket's root. */
export interface ImagePattern {
  /** What the names of all of them begin with: a listing need not look elsewhere. */
  readonly start: string
  matches(image: string): boolean
}

/** A glob, or a name: of that image and of all below it. */
export async function compileImagePattern(path: string): Promise<ImagePattern> {
  if (isGlob(path)) return { start: literalFolder(path), matches: await compileGlob(path) }
  const start = path === '' || path.endsWith('/') ? path : `${path}/`
  return { start, matches: image => `${image}/`.startsWith(start) }
}

/** What stands before the first component with a wildcard. */
function literalFolder(glob: string): string {
  const literal = glob.slice(0, glob.search(/[*?[\]{}]/))
  return literal.slice(0, literal.lastIndexOf('/') + 1)
}
