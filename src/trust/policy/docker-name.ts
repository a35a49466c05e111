import { parseRegistryReference } from '../../transports/registry/reference.ts'

/** What an image is called at a registry, as a signature and a policy say it: nothing is filled in but the registry. */
export interface DockerName {
  /** `docker.io/library/alpine`. */
  readonly name: string
  readonly tag?: string
  readonly digest?: string
}

/**
 * Reads the name of an image, with or without a tag and a digest, as the distribution project does: `alpine` is
 * `docker.io/library/alpine`, and no tag.
 *
 * @throws LadingError `bad-reference`
 */
export function parseDockerName(text: string): DockerName {
  const { registry, repository, tag, digest } = parseRegistryReference(requireBare(text))
  const named = text.split('@')[0] ?? ''
  const isTagged = /:[^/]*$/.test(named)
  return {
    name: `${registry}/${repository}`,
    ...(tag === undefined || !isTagged ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

export function formatDockerName({ name, tag, digest }: DockerName): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Whether it says which image of its repository. */
export function isExactName({ tag, digest }: DockerName): boolean {
  return tag !== undefined || digest !== undefined
}

/** A transport has no place in a name. */
function requireBare(text: string): string {
  return text.startsWith('docker://') ? '' : text
}
