import type { RegistryReference } from '../reference.ts'
import type { RegistriesConf, RegistryEntry } from './registries-conf.ts'

/** The entry that holds for an image: that of the longest prefix of its name. A tag or a digest is no part of that, as in the containers tools. */
export function findEntry(conf: RegistriesConf, reference: RegistryReference): RegistryEntry | undefined {
  const name = nameOf(reference)
  const found = [...conf.registries.values()].filter(({ prefix }) => prefixLength(name, prefix) !== undefined)
  return found.reduce<RegistryEntry | undefined>(
    (best, entry) => (best === undefined || entry.prefix.length > best.prefix.length ? entry : best),
    undefined,
  )
}

export function nameOf({ registry, repository }: RegistryReference): string {
  return `${registry}/${repository}`
}

/** How much of a name a prefix stands for, `undefined` where the name does not begin with it. */
export function prefixLength(name: string, prefix: string): number | undefined {
  if (prefix.startsWith('*.')) {
    const host = /^[^/:]*/.exec(name)?.[0] ?? ''
    return host.endsWith(prefix.slice(1)) ? host.length : undefined
  }
  // A host without a port is a prefix of the same host with one, as in the containers tools.
  return name === prefix || name.startsWith(`${prefix}/`) || name.startsWith(`${prefix}:`) ? prefix.length : undefined
}
