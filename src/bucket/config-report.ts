import type { BucketConfig, ImageSettings, SettingSource, WrittenSettings } from '../layout/index.ts'

/** What is set for an image, a glob or the whole bucket. */
export interface EntrySettings {
  /** A tag that exists is not moved without `--force`. */
  readonly immutable?: boolean
  /** So many of the newest tags stay. */
  readonly keepLast?: number
  /** Beyond them a tag goes when it is older: `7d`, `168h`. */
  readonly maxAge?: string
  /** Tags, and globs over them, that always stay. */
  readonly keepTags?: readonly string[]
  /** Of every tag so many of the newest history entries keep their blobs. */
  readonly keepHistory?: number
}

/** One setting of an image, and where it comes from. */
export interface EffectiveSetting<T> {
  readonly value: T
  readonly source: SettingSource['from']
  /** The name or glob of the entry, where the source is one. */
  readonly entry?: string
}

/** What holds for an image. What is set nowhere is absent. */
export type EffectiveSettings = {
  readonly [K in keyof EntrySettings]?: EffectiveSetting<NonNullable<EntrySettings[K]>>
}

/** Everything that is set in a bucket, or what holds for one image: then `image` and `settings` are there. */
export interface ConfigReport {
  readonly bucket: string
  readonly default?: EntrySettings
  readonly images?: readonly ({ readonly name: string } & EntrySettings)[]
  /** Of s3lo: whether it stores layers in pieces. */
  readonly chunked?: boolean
  readonly image?: string
  readonly settings?: EffectiveSettings
}

export function reportBucket(bucket: string, { byDefault, images, chunked }: BucketConfig): ConfigReport {
  return {
    bucket,
    default: entrySettings(byDefault),
    images: Array.from(images, ([name, written]) => ({ name, ...entrySettings(written) })),
    ...(chunked === undefined ? {} : { chunked }),
  }
}

export function reportImage(bucket: string, image: string, settings: ImageSettings): ConfigReport {
  const { immutable, keepLast, maxAge, keepTags, keepHistory, sources } = settings
  const values: Required<{ readonly [K in keyof EntrySettings]: unknown }> = {
    immutable,
    keepLast,
    maxAge,
    keepTags,
    keepHistory,
  }
  const set = Object.entries(values).flatMap(([name, value]) => {
    // the names of the settings are those of their sources: the types cannot follow Object.entries
    const source = sources[name as keyof WrittenSettings]
    if (source === undefined) return []
    const entry = source.from === 'image' ? { entry: source.entry } : {}
    return [[name, { value, source: source.from, ...entry }]]
  })
  return { bucket, image, settings: Object.fromEntries(set) }
}

function entrySettings({ maxAge, ...rest }: WrittenSettings): EntrySettings {
  return { ...rest, ...(maxAge === undefined ? {} : { maxAge: maxAge.text }) }
}
