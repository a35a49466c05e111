import { type Age, parseAge } from '../model/parse-age.ts'
import type { ConfigValue } from './config-document.ts'

/** What an entry of the configuration says. What it does not say is absent. */
export interface WrittenSettings {
  readonly immutable?: boolean
  readonly keepLast?: number
  readonly maxAge?: Age
  readonly keepTags?: readonly string[]
  readonly keepHistory?: number
}

/** How one setting is written, and what may stand there. */
export interface SettingKey<T> {
  /** The key, and before it the key of the block it stands in. */
  readonly path: readonly string[]
  /** Follows the key where a value is refused. */
  readonly flaw: string
  /** `undefined` where it cannot be that value. */
  read(value: ConfigValue): T | undefined
  /** Whether the value says as little as its absence. An empty value in a struct of Go cannot be told from none, so s3lo takes it for none. */
  isNothing?(value: T): boolean
}

type SettingKeys = {
  readonly [K in keyof WrittenSettings]-?: SettingKey<NonNullable<WrittenSettings[K]>>
}

/** Every setting of an image, by its name in the library. The order is that of what is printed. */
export const settingKeys: SettingKeys = {
  immutable: {
    path: ['immutable'],
    flaw: 'is neither true nor false',
    read: value => (value.kind === 'scalar' && typeof value.value === 'boolean' ? value.value : undefined),
  },
  keepLast: {
    path: ['lifecycle', 'keep_last'],
    flaw: 'is no whole number of at least 0',
    read: readCount,
    isNothing: count => count === 0,
  },
  maxAge: {
    path: ['lifecycle', 'max_age'],
    flaw: 'is no age like 7d, 168h or 1h30m',
    read: value => (value.kind === 'scalar' ? parseAge(value.text) : undefined),
    isNothing: ({ seconds }) => seconds === 0,
  },
  keepTags: {
    path: ['lifecycle', 'keep_tags'],
    flaw: 'is no list of tags',
    read: value => (value.kind === 'list' ? value.texts : undefined),
    isNothing: tags => tags.length === 0,
  },
  keepHistory: {
    path: ['keep_history'],
    flaw: 'is no whole number of at least 0',
    read: readCount,
  },
}

/** The keys of `settingKeys`, with the types that Object.keys forgets. */
export const settingNames = Object.keys(settingKeys) as readonly (keyof WrittenSettings)[]

/** As it is typed: `lifecycle.keep_last`. */
export function keyOf(name: keyof WrittenSettings): string {
  return settingKeys[name].path.join('.')
}

function readCount(value: ConfigValue): number | undefined {
  if (value.kind !== 'scalar' || typeof value.value !== 'number') return undefined
  return Number.isSafeInteger(value.value) && value.value >= 0 ? value.value : undefined
}
