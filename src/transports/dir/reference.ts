import { LadingError } from '../../errors/index.ts'
import type { Reference } from '../transport.ts'

/** One image as plain files in a directory: containers-transports(5), `dir:`. */
export interface DirReference extends Reference {
  readonly transport: 'dir'
  readonly path: string
}

const prefix = 'dir:'

/**
 * Reads `dir:path`. All of it is the path, colons too.
 *
 * @throws LadingError `bad-reference`
 */
export function parseDirReference(text: string): DirReference {
  const path = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const why = path === '' ? 'it has no path' : path.includes('\0') ? 'it holds a NUL character' : undefined
  if (why === undefined) return { transport: 'dir', path }
  throw new LadingError('bad-reference', `${JSON.stringify(text)} is not a directory reference: ${why}`, {
    hint: 'write dir:PATH',
  })
}

export function formatDirReference({ path }: DirReference): string {
  return `${prefix}${path}`
}
