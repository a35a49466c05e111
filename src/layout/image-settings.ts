import { compileGlob, isGlob } from './glob.ts'
import type { WrittenConfig } from './read-settings.ts'
import { settingNames, type WrittenSettings } from './setting-keys.ts'

/** Where a setting comes from: the entry of that name or glob, the default of the bucket, or lading. */
export type SettingSource =
  | { readonly from: 'image'; readonly entry: string }
  | { readonly from: 'default' }
  | { readonly from: 'built in' }

/** What holds for an image, of all that the bucket's owner has decided. */
export interface ImageSettings {
  /** A tag that exists is not moved without `--force`. */
  readonly immutable: boolean
  /** So many of the newest tags stay. Absent: no number is set. */
  readonly keepLast?: number
  /** Beyond them a tag goes when it is older. Absent: no age is set. */
  readonly maxAgeSeconds?: number
  /** The same as it is written. */
  readonly maxAge?: string
  /** Tags, and globs over them, that always stay. */
  readonly keepTags: readonly string[]
  /** Of every tag so many of the newest history entries keep their blobs. */
  readonly keepHistory: number
  /** Where each of these comes from. Absent where nothing is set. */
  readonly sources: Readonly<Partial<Record<keyof WrittenSettings, SettingSource>>>
  /** Whether `keepTags` names the tag. */
  isKept(tag: string): boolean
}

const builtIn = { immutable: false, keepHistory: 5 } as const satisfies WrittenSettings

/** Of all entries that match an image the most specific one counts: exact before glob, longer before shorter. */
export async function matchEntries(
  images: ReadonlyMap<string, unknown>,
): Promise<(image: string) => string | undefined> {
  // of two that are equally long the first by its letters, so that the order of the file says nothing: other tools sort it
  const globs = [...images.keys()].filter(isGlob).sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  const matching = await Promise.all(globs.map(async glob => ({ glob, matches: await compileGlob(glob) })))
  return image => (images.has(image) ? image : matching.find(({ matches }) => matches(image))?.glob)
}

/** The settings of one entry over the default, key by key. */
export async function resolveSettings(
  { byDefault, images }: WrittenConfig,
  entry: string | undefined,
): Promise<ImageSettings> {
  const own = entry === undefined ? {} : (images.get(entry) ?? {})
  const all = { ...builtIn, ...byDefault, ...own }
  const sources = settingNames.flatMap(name => {
    if (all[name] === undefined) return []
    const ofEntry = entry !== undefined && own[name] !== undefined
    const source: SettingSource = ofEntry
      ? { from: 'image', entry }
      : { from: byDefault[name] === undefined ? 'built in' : 'default' }
    return [[name, source] as const]
  })
  const keepTags = all.keepTags ?? []
  const globs = await Promise.all(keepTags.filter(isGlob).map(compileGlob))
  return {
    immutable: all.immutable,
    ...(all.keepLast === undefined ? {} : { keepLast: all.keepLast }),
    ...(all.maxAge === undefined ? {} : { maxAgeSeconds: all.maxAge.seconds, maxAge: all.maxAge.text }),
    keepTags,
    keepHistory: all.keepHistory,
    sources: Object.fromEntries(sources),
    isKept: tag => keepTags.includes(tag) || globs.some(matches => matches(tag)),
  }
}
