import { LadingError } from '../../errors/index.ts'
import type { Reference } from '../transport.ts'

/** An image of Apptainer or Singularity in one file: containers-transports(5), `sif:`. */
export interface SifReference extends Reference {
  readonly transport: 'sif'
  readonly path: string
}

const prefix = 'sif:'

/**
 * Reads `sif:path`. All of it is the path, colons too.
 *
 * @throws LadingError `bad-reference`
 */
export function parseSifReference(text: string): SifReference {
  const path = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const why = path === '' ? 'it has no path' : path.includes('\0') ? 'it holds a NUL character' : undefined
  if (why === undefined) return { transport: 'sif', path }
  throw new LadingError('bad-reference', `${JSON.stringify(text)} is not the reference of a SIF file: ${why}`, {
    hint: 'write sif:PATH',
  })
}

export function formatSifReference({ path }: SifReference): string {
  return `${prefix}${path}`
}
