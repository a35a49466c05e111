import { isLadingError, LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { imageName } from '../docker-image/image-name.ts'
import { formatRegistryReference, parseRegistryReference } from '../registry/reference.ts'
import type { Reference } from '../transport.ts'

/** An image of a Docker daemon: containers-transports(5), `docker-daemon:`. Either has a name or an ID. */
export interface DockerDaemonReference extends Reference {
  readonly transport: 'docker-daemon'
  /** In full, with a tag or a digest: `docker.io/library/alpine:latest`. */
  readonly name?: string
  /** The image's ID. */
  readonly id?: Digest
}

const prefix = 'docker-daemon:'

/**
 * Reads `docker-daemon:{NAME[:TAG]|NAME@DIGEST|sha256:ID}`, the name as `docker pull` does.
 *
 * @throws LadingError `bad-reference`
 */
export function parseDockerDaemonReference(text: string): DockerDaemonReference {
  const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text
  const fail = (why: string, cause?: unknown) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not an image of a Docker daemon: ${why}`, {
      cause,
      hint: 'write docker-daemon:NAME[:TAG], or docker-daemon:sha256:ID for an image by its ID',
    })
  if (isDigest(rest)) {
    if (rest.startsWith('sha256:')) return { transport: 'docker-daemon', id: rest }
    throw fail('an ID is a sha256 digest')
  }
  try {
    const name = rest.includes('@') ? pinnedName(rest) : imageName(rest)
    // Docker reserves this one name: what follows is taken for an ID.
    if (/^docker\.io\/library\/sha256[:@]/.test(name)) throw fail('after sha256: comes an ID of 64 hexadecimal digits')
    return { transport: 'docker-daemon', name }
  } catch (error) {
    throw isLadingError(error, 'bad-reference') && !error.message.startsWith(JSON.stringify(text))
      ? fail(error.message, error)
      : error
  }
}

export function formatDockerDaemonReference({ name, id }: DockerDaemonReference): string {
  return `${prefix}${id ?? name}`
}

/** With a digest: the tag beside it means nothing, and Docker takes only one of them. */
function pinnedName(text: string): string {
  const { tag: _, ...pinned } = parseRegistryReference(text)
  return formatRegistryReference(pinned)
}
