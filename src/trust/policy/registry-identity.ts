import type { RegistryReference } from '../../transports/registry/reference.ts'
import { type DockerName, formatDockerName } from './docker-name.ts'
import type { ImageIdentity } from './image-identity.ts'

/** Hosts that answer for Docker Hub. */
const dockerHub: readonly string[] = ['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']
/** The ports that a host is asked at where none is written. */
const impliedPort = /:(?:443|80)$/

/**
 * The identities of an image in a registry: as it was named, and as the same image of the same server could be named too, where a narrower
 * scope of the policy would else be gone round: without a tag beside a digest, or with it, with its host as it is connected to, without a port that goes without saying.
 */
export function registryIdentities(reference: RegistryReference): readonly ImageIdentity[] {
  const { registry, repository, tag, digest } = reference
  const hosts = new Set([registry, plainHost(registry)])
  const tagged = tag === undefined ? [] : [{ tag }]
  // the digest decides what is read, the tag is what it is said to be
  const exact = digest === undefined ? tagged : [{ digest }, ...tagged]
  return [...hosts].flatMap(host =>
    exact.map(one => dockerIdentity('docker', { name: `${host}/${repository}`, ...one })),
  )
}

function plainHost(registry: string): string {
  // as it is connected to: in lower case, `:05000` is the port 5000, and 127.1 is 127.0.0.1
  const url = `https://${registry}`
  const host = (URL.canParse(url) ? new URL(url).host : registry.toLowerCase()).replace(impliedPort, '')
  return dockerHub.includes(host) ? 'docker.io' : host
}

/**
 * The identity of what goes by a name of Docker's: the image, its repository, what holds that, the host, and the domains that this is in
 * without its port.
 */
export function dockerIdentity(transport: string, dockerName: DockerName): ImageIdentity {
  const parts = dockerName.name.split('/')
  const parents = parts.map((_, at) => parts.slice(0, parts.length - at).join('/'))
  const [domain = ''] = (parts[0] ?? '').split(':')
  const labels = domain.split('.')
  const domains = labels.slice(1).map((_, at) => `*.${labels.slice(at + 1).join('.')}`)
  return { transport, scopes: [formatDockerName(dockerName), ...parents, ...domains], dockerName }
}
