import {
  type ContainersStorageReference,
  parseStorageLocation,
  splitImageId,
} from '../../transports/containers-storage/reference.ts'
import { parseRegistryReference } from '../../transports/registry/reference.ts'
import { type DockerName, formatDockerName } from './docker-name.ts'
import type { ImageIdentity } from './image-identity.ts'

/**
 * The identities of an image in containers' storage. Where the reference does not say which storage, in which directory and with which driver, it may
 * be any that the policy speaks of: then it has to meet what is said of each.
 *
 * @param policyScopes what the policy says of this transport
 */
export function storageIdentities(
  { storage, image }: ContainersStorageReference,
  policyScopes: readonly string[],
): readonly ImageIdentity[] {
  const { name, id } = splitImageId(image)
  const dockerName = name === undefined ? undefined : storedName(name)
  const location = storage === undefined ? undefined : parseStorageLocation(storage)
  const { driver, graphRoot } = location ?? {}
  const identity = (scopes: readonly string[]): ImageIdentity => ({
    transport: 'containers-storage',
    scopes,
    ...(dockerName === undefined ? {} : { dockerName }),
  })
  if (driver !== undefined && graphRoot !== undefined)
    return [identity([...scopesIn(`[${driver}@${graphRoot}]`), `[${graphRoot}]`])]
  const spoken = new Set(policyScopes.map(scope => /^\[[^\]]+\]/.exec(scope)?.[0] ?? ''))
  spoken.delete('')
  const possible = [...spoken].filter(store => mayBe(store, driver, graphRoot))
  return [identity([]), ...possible.map(store => identity(scopesIn(store)))]

  function scopesIn(store: string): string[] {
    const names = dockerName === undefined ? [] : namesOf(dockerName)
    const exact = id === undefined ? [] : [`${store}${names[0] ?? ''}@${id}`]
    return [...exact, ...names.map(one => `${store}${one}`), store]
  }
}

function mayBe(store: string, driver: string | undefined, graphRoot: string | undefined): boolean {
  const [, ofStore, root = ''] = /^\[(?:([^@\]]*)@)?(.*)\]$/.exec(store) ?? []
  if (graphRoot !== undefined && root !== graphRoot) return false
  return driver === undefined || ofStore === undefined || ofStore === driver
}

function namesOf(name: DockerName): string[] {
  const parts = name.name.split('/')
  const parents = parts.map((_, at) => parts.slice(0, parts.length - at).join('/'))
  const tagged = name.tag !== undefined && name.digest !== undefined ? [`${name.name}:${name.tag}`] : []
  return [formatDockerName(name), ...tagged, ...parents]
}

function storedName(text: string): DockerName {
  const { registry, repository, tag, digest } = parseRegistryReference(text)
  return {
    name: `${registry}/${repository}`,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}
