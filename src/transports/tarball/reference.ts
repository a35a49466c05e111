import { LadingError } from '../../errors/index.ts'
import type { Reference } from '../transport.ts'

/** An image of layers that lie in tar archives: containers-transports(5) does not name it, the containers tools have it. */
export interface TarballReference extends Reference {
  readonly transport: 'tarball'
  /** The lowest layer first. `-` is standard input. */
  readonly paths: readonly string[]
}

const prefix = 'tarball:'
export const standardInput = '-'

/**
 * Reads `tarball:path[:path…]`. No path can have a colon (on Windows, but after a drive letter).
 *
 * @throws LadingError `bad-reference`
 */
export function parseTarballReference(text: string, platform: NodeJS.Platform = process.platform): TarballReference {
  const fail = (why: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} names no tar archives: ${why}`, {
      hint: 'write tarball:PATH, or tarball:PATH:PATH with the lowest layer first',
    })
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const paths = splitPaths(rest, platform)
  if (rest.includes('\0')) throw fail('it holds a NUL character')
  if (paths.includes('')) throw fail('a path is empty')
  if (paths.filter(path => path === standardInput).length > 1) throw fail('standard input can be read once')
  return { transport: 'tarball', paths }
}

export function formatTarballReference({ paths }: TarballReference): string {
  return `${prefix}${paths.join(':')}`
}

function splitPaths(text: string, platform: NodeJS.Platform): string[] {
  const paths: string[] = []
  for (const part of text.split(':')) {
    const drive = platform === 'win32' && /^[\\/]/.test(part) && /^[A-Za-z]$/.test(paths.at(-1) ?? '')
    if (drive) paths.push(`${paths.pop()}:${part}`)
    else paths.push(part)
  }
  return paths
}
