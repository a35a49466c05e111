/** What the containers tools are told of registries: containers-registries.conf(5), version 2, all its files together. */
export interface RegistriesConf {
  /** By prefix. */
  readonly registries: ReadonlyMap<string, RegistryEntry>
  /** Hosts that a short name may mean, in order. `undefined`: no file says any, which is not the same as none. */
  readonly unqualifiedSearch: readonly string[] | undefined
  readonly shortNameMode: ShortNameMode | undefined
  /** A short name to the whole name that it means; `undefined` takes back what an earlier file said. */
  readonly aliases: ReadonlyMap<string, string | undefined>
}

export const shortNameModes = ['enforcing', 'permissive', 'disabled'] as const
export type ShortNameMode = (typeof shortNameModes)[number]

/** One `[[registry]]`: what holds for images whose names begin with its prefix. */
export interface RegistryEntry {
  /** `host[:port][/path]`, or `*.host`. */
  readonly prefix: string
  /** What stands in the place of the prefix when an image is read; `undefined`, with a wildcard: nothing does. */
  readonly location: string | undefined
  readonly insecure: boolean
  /** The location is not to be asked. Its mirrors may be. */
  readonly blocked: boolean
  readonly mirrors: readonly Mirror[]
  /** The file that says so. */
  readonly file: string
}

export interface Mirror {
  readonly location: string
  readonly insecure: boolean
  readonly pulls: MirrorPulls
}

/** Which images are read there: those that are named by a digest, those that are not, or both. */
export const mirrorPulls = ['all', 'digest-only', 'tag-only'] as const
export type MirrorPulls = (typeof mirrorPulls)[number]

export const emptyConf: RegistriesConf = {
  registries: new Map(),
  unqualifiedSearch: undefined,
  shortNameMode: undefined,
  aliases: new Map(),
}

/** A later file replaces an entry of the same prefix whole, and a list whole. */
export function mergeConf(earlier: RegistriesConf, later: RegistriesConf): RegistriesConf {
  return {
    registries: new Map([...earlier.registries, ...later.registries]),
    unqualifiedSearch: later.unqualifiedSearch ?? earlier.unqualifiedSearch,
    shortNameMode: later.shortNameMode ?? earlier.shortNameMode,
    aliases: new Map([...earlier.aliases, ...later.aliases]),
  }
}
