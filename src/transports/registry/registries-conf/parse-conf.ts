import type { LadingError } from '../../../errors/index.ts'
import { badConfig } from './bad-config.ts'
import { type MirrorTable, type RegistryTable, readConfDocument } from './conf-document.ts'
import {
  type Mirror,
  mirrorPulls,
  type RegistriesConf,
  type RegistryEntry,
  type ShortNameMode,
  shortNameModes,
} from './registries-conf.ts'
import { isShortName, isWholeName } from './short-names.ts'

type Fail = (where: string, why: string) => LadingError

/** Reads one file of registries.conf. @throws LadingError `bad-config` that names the file, the place in it, and what is wrong */
export async function parseRegistriesConf(content: string, file: string): Promise<RegistriesConf> {
  const fail: Fail = (where, why) => badConfig(file, where, why)
  const document = await readConfDocument(content, file)
  if (document.registries !== undefined) throw versionOne(file)
  const entries = document.registry.map((table, index) => readEntry(table, `registry[${index + 1}]`, file, fail))
  refuseConflicts(entries, fail)
  return {
    // Of entries with the same prefix the first counts.
    registries: new Map(entries.toReversed().map(entry => [entry.prefix, entry])),
    unqualifiedSearch: document['unqualified-search-registries']?.map((host, index) =>
      readHost(host, `unqualified-search-registries[${index + 1}]`, fail),
    ),
    shortNameMode: readMode(document['short-name-mode'], fail),
    aliases: new Map(Object.entries(document.aliases).map(([name, meaning]) => [name, readAlias(name, meaning, fail)])),
  }
}

function versionOne(file: string): LadingError {
  return badConfig(
    file,
    'registries',
    'this is version 1 of the format, which lading does not read',
    `write ${file} in version 2: unqualified-search-registries = […], and [[registry]] with location, insecure and blocked`,
  )
}

function readEntry(table: RegistryTable, where: string, file: string, fail: Fail): RegistryEntry {
  const location = readLocation(table.location, `${where}.location`, fail)
  const prefix = readLocation(table.prefix, `${where}.prefix`, fail) ?? location
  if (prefix === undefined) throw fail(where, 'it has neither prefix nor location')
  if (prefix.startsWith('*.') && /[/@:]/.test(prefix)) {
    throw fail(`${where}.prefix`, `${JSON.stringify(prefix)} has more than a host behind its "*.", like *.example.com`)
  }
  if (location === undefined && !prefix.startsWith('*.')) {
    throw fail(where, `it has no location, which only a prefix like *.example.com can be without`)
  }
  if (table['pull-from-mirror'] !== undefined) {
    throw fail(`${where}.pull-from-mirror`, 'this is a setting of a [[registry.mirror]]')
  }
  const digestOnly = table['mirror-by-digest-only']
  return {
    prefix,
    location,
    insecure: table.insecure,
    blocked: table.blocked,
    mirrors: table.mirror.map((mirror, index) => readMirror(mirror, digestOnly, `${where}.mirror[${index + 1}]`, fail)),
    file,
  }
}

function readMirror(table: MirrorTable, digestOnly: boolean, where: string, fail: Fail): Mirror {
  const location = readLocation(table.location, `${where}.location`, fail)
  if (location === undefined) throw fail(where, 'it has no location')
  const pulls = table['pull-from-mirror'] || undefined
  if (pulls === undefined) return { location, insecure: table.insecure, pulls: digestOnly ? 'digest-only' : 'all' }
  if (digestOnly) {
    throw fail(`${where}.pull-from-mirror`, 'it cannot stand beside mirror-by-digest-only = true of the registry')
  }
  const known = mirrorPulls.find(one => one === pulls)
  if (known === undefined) {
    throw fail(`${where}.pull-from-mirror`, `${JSON.stringify(pulls)} is none of ${mirrorPulls.join(', ')}`)
  }
  return { location, insecure: table.insecure, pulls: known }
}

/** Empty is as good as absent. */
function readLocation(text: string | undefined, where: string, fail: Fail): string | undefined {
  if (text !== undefined && /^https?:\/\//.test(text)) {
    throw fail(
      where,
      `${JSON.stringify(text)} begins with a scheme; write HOST[:PORT][/PATH], and insecure = true for http`,
    )
  }
  return text?.replace(/\/+$/, '') || undefined
}

/** Two prefixes may lead to one location, which cannot be safe and unsafe at once. */
function refuseConflicts(entries: readonly RegistryEntry[], fail: Fail): void {
  const first = new Map<string, RegistryEntry>()
  entries.forEach((entry, index) => {
    const key = entry.location ?? entry.prefix
    const other = first.get(key) ?? entry
    first.set(key, other)
    const field = (['insecure', 'blocked'] as const).find(name => entry[name] !== other[name])
    if (field === undefined) return
    throw fail(`registry[${index + 1}].${field}`, `another [[registry]] of ${key} says the opposite`)
  })
}

function readHost(text: string, where: string, fail: Fail): string {
  const host = readLocation(text, where, fail)
  if (host !== undefined && /^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(?::\d+)?$/.test(host)) return host
  throw fail(where, `${JSON.stringify(text)} is not HOST[:PORT]`)
}

function readMode(text: string | undefined, fail: Fail): ShortNameMode | undefined {
  if (!text) return undefined
  const mode = shortNameModes.find(one => one === text)
  if (mode !== undefined) return mode
  throw fail('short-name-mode', `${JSON.stringify(text)} is none of ${shortNameModes.join(', ')}`)
}

function readAlias(name: string, meaning: string, fail: Fail): string | undefined {
  const where = `aliases.${JSON.stringify(name)}`
  if (!isShortName(name)) throw fail(where, 'it is not a short name: one without a registry, a tag and a digest')
  if (meaning === '') return undefined
  if (isWholeName(meaning)) return meaning
  throw fail(where, `${JSON.stringify(meaning)} is not REGISTRY/REPOSITORY without a tag and a digest`)
}
