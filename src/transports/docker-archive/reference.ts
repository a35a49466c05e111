import { isLadingError, LadingError } from '../../errors/index.ts'
import { imageName } from '../docker-image/image-name.ts'
import type { Reference } from '../transport.ts'

/** An image in an archive as `docker save` writes it: containers-transports(5), `docker-archive:`. */
export interface DockerArchiveReference extends Reference {
  readonly transport: 'docker-archive'
  /** `-` is standard input or output. */
  readonly path: string
  /** In full: `docker.io/library/alpine:latest`. */
  readonly name?: string
  /** The position in manifest.json, from 0. */
  readonly index?: number
}

const prefix = 'docker-archive:'

/**
 * Reads `docker-archive:path[:{docker-reference|@index}]`. The path ends at the first colon (on Windows, at the first that does not
 * follow a drive letter).
 *
 * @throws LadingError `bad-reference`
 */
export function parseDockerArchiveReference(
  text: string,
  platform: NodeJS.Platform = process.platform,
): DockerArchiveReference {
  const fail = (why: string, cause?: unknown) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not a reference to a Docker archive: ${why}`, {
      cause,
      hint: 'write docker-archive:PATH, docker-archive:PATH:NAME[:TAG] or docker-archive:PATH:@INDEX',
    })
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const drive = platform === 'win32' && /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0
  const colon = rest.indexOf(':', drive)
  const path = colon === -1 ? rest : rest.slice(0, colon)
  if (path === '') throw fail('it has no path')
  if (rest.includes('\0')) throw fail('it holds a NUL character')
  if (colon === -1) return { transport: 'docker-archive', path }
  const after = rest.slice(colon + 1)
  if (after === '') throw fail('it has no name after the colon')
  if (after.startsWith('@')) {
    if (!/^@(?:0|[1-9]\d{0,8})$/.test(after))
      throw fail(`${JSON.stringify(after)} is not @ and a position in manifest.json, from 0`)
    return { transport: 'docker-archive', path, index: Number(after.slice(1)) }
  }
  try {
    return { transport: 'docker-archive', path, name: imageName(after) }
  } catch (error) {
    throw isLadingError(error) ? fail(error.message, error) : error
  }
}

export function formatDockerArchiveReference({ path, name, index }: DockerArchiveReference): string {
  return `${prefix}${path}${name !== undefined ? `:${name}` : index !== undefined ? `:@${index}` : ''}`
}
