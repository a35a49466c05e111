import { LadingError } from '../../../errors/index.ts'

/** What lading has beside skopeo's own transports is taken too. */
const transports: readonly string[] = [
  'containers-storage',
  'dir',
  'docker',
  'docker-archive',
  'docker-daemon',
  'oci',
  'oci-archive',
  'ostree',
  'sif',
  'tarball',
  's3',
  'gs',
  'az',
  'local',
]

/**
 * Reads which transport an image name is of: under skopeo's name it is always written.
 *
 * @param place what is put before a message: `Invalid source name`
 * @throws LadingError `bad-reference`, in skopeo's words where they are known to scripts
 */
export function transportOfImage(text: string, place: string): string {
  const refuse = (why: string, hint?: string) => new LadingError('bad-reference', `${place}: ${why}`, { hint })
  const colon = text.indexOf(':')
  const quoted = JSON.stringify(text)
  if (colon === -1) throw refuse(`Invalid image name ${quoted}, expected colon-separated transport:reference`)
  const transport = text.slice(0, colon)
  if (!transports.includes(transport)) {
    throw refuse(`Invalid image name ${quoted}, unknown transport ${JSON.stringify(transport)}`)
  }
  const rest = text.slice(colon + 1)
  if (transport === 'docker' && !rest.startsWith('//')) {
    throw refuse(`docker: image reference ${rest} does not start with //`)
  }
  if (transport === 'docker' && /:[^/@]*@/.test(rest)) {
    throw refuse(
      'Docker references with both a tag and digest are currently not supported',
      'keep the digest, which says which image it is',
    )
  }
  return transport
}
