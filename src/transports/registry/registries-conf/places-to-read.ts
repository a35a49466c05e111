import { isLadingError } from '../../../errors/index.ts'
import { formatRegistryReference, parseRegistryReference, type RegistryReference } from '../reference.ts'
import { badConfig } from './bad-config.ts'
import { findEntry, nameOf, prefixLength } from './find-entry.ts'
import type { RegistriesConf, RegistryEntry } from './registries-conf.ts'

/** A repository in which an image may be, and how it is asked. */
export interface Place {
  readonly reference: RegistryReference
  readonly insecure: boolean
  /** The entry that forbids to ask it. */
  readonly blockedBy: RegistryEntry | undefined
}

export interface PlacesToRead {
  /** In the order in which they are to be tried. */
  readonly mirrors: readonly Place[]
  /** Where the image itself is; tried last. */
  readonly location: Place
}

/** Where an image is read: containers-registries.conf(5), "Remapping and mirroring registries". @throws LadingError `bad-config` */
export function placesToRead(conf: RegistriesConf, reference: RegistryReference): PlacesToRead {
  const entry = findEntry(conf, reference)
  if (entry === undefined) return { mirrors: [], location: { reference, insecure: false, blockedBy: undefined } }
  const place = (location: string | undefined, insecure: boolean): Place => {
    const at = location === undefined ? reference : relocate(reference, entry, location)
    const own = findEntry(conf, at)
    return { reference: at, insecure, blockedBy: own?.blocked ? own : undefined }
  }
  const kind = reference.digest === undefined ? 'tag-only' : 'digest-only'
  const location = place(entry.location, entry.insecure)
  return {
    mirrors: entry.mirrors
      .filter(({ pulls }) => pulls === 'all' || pulls === kind)
      .map(mirror => place(mirror.location, mirror.insecure)),
    location: entry.blocked ? { ...location, blockedBy: entry } : location,
  }
}

/** Where an image is written: where it is named. Neither a location nor a mirror is for writing, as with the containers tools. */
export function placeToWrite(conf: RegistriesConf, reference: RegistryReference): Place {
  const entry = findEntry(conf, reference)
  return { reference, insecure: entry?.insecure ?? false, blockedBy: entry?.blocked ? entry : undefined }
}

function relocate(reference: RegistryReference, entry: RegistryEntry, location: string): RegistryReference {
  const rest = formatRegistryReference(reference).slice(prefixLength(nameOf(reference), entry.prefix) ?? 0)
  const text = location + rest
  const fail = (why: string) =>
    badConfig(entry.file, `location ${JSON.stringify(location)} of ${entry.prefix}`, `it makes ${text}, and ${why}`)
  try {
    const moved = parseRegistryReference(text)
    // docker's short forms are for people: here "mirror/app" would silently be Docker Hub's.
    if (formatRegistryReference(moved) === text) return moved
  } catch (error) {
    throw isLadingError(error) ? fail(error.message) : error
  }
  throw fail(
    'that is no whole name: it must begin with HOST[:PORT]/, and on Docker Hub with docker.io/library/ or another namespace',
  )
}
