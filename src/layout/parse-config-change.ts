import { LadingError } from '../errors/index.ts'
import { parseAge } from '../model/parse-age.ts'
import { isGlob } from './glob.ts'
import { validateTag } from './names.ts'
import { keyOf, settingKeys, settingNames } from './setting-keys.ts'

/** One key of an entry, and what shall stand there. */
export interface ConfigChange {
  readonly path: readonly string[]
  /** Absent: the key goes. */
  readonly value?: boolean | number | string | readonly string[]
}

/** Of s3lo. It holds for the whole bucket and stands beside the entries. */
const chunked = 'chunked'
const lifecycle = 'lifecycle'

/** How what is typed becomes a value; `undefined` where it cannot. */
const readers: Readonly<Record<string, (text: string) => ConfigChange['value']>> = {
  immutable: readBoolean,
  [chunked]: readBoolean,
  keep_history: readCount,
  'lifecycle.keep_last': readCount,
  'lifecycle.max_age': text => parseAge(text)?.text,
  'lifecycle.keep_tags': readTags,
}

const wanted: Readonly<Record<string, string>> = {
  immutable: 'true or false',
  [chunked]: 'true or false',
  keep_history: 'a whole number',
  'lifecycle.keep_last': 'a whole number',
  'lifecycle.max_age': 'an age like 7d, 168h or 1h30m',
  'lifecycle.keep_tags': 'tags with commas between them, like stable,latest or v1.*',
}

/**
 * Reads a change as it is typed: the key, and the value or nothing, which unsets it.
 *
 * @param scope what the entry is for: `chunked` is nothing that a single image can have
 * @throws LadingError `bad-argument`
 */
export function parseConfigChange(key: string, text: string, scope: 'bucket' | 'image'): ConfigChange {
  const path = key.split('.')
  if (key === lifecycle) {
    if (text === '') return { path }
    throw bad(`${lifecycle} is a block of settings, and can only be unset`, `set one of it: ${keys(lifecycle)}`)
  }
  const read = Object.hasOwn(readers, key) ? readers[key] : undefined
  if (read === undefined)
    throw bad(`${shown(key)} is no setting`, `there are ${keys('')}, and ${chunked} for a whole bucket`)
  if (key === chunked && scope === 'image') {
    throw bad(`${chunked} holds for the whole bucket, and not for an image`, 'name the bucket alone, like s3://bucket/')
  }
  if (text === '') return { path }
  const value = read(text)
  if (value === undefined) throw bad(`${key} takes ${wanted[key] ?? ''}, not ${shown(text)}`, `${key}= unsets it`)
  return saysNothing(key, value) ? { path } : { path, value }
}

/** What would be read as if it were not there is not written. */
function saysNothing(key: string, value: NonNullable<ConfigChange['value']>): boolean {
  const name = settingNames.find(one => keyOf(one) === key)
  if (name === 'keepLast') return value === 0
  if (name === 'maxAge') return parseAge(String(value))?.seconds === 0
  return false
}

function keys(block: string): string {
  return settingNames
    .filter(name => block === '' || settingKeys[name].path[0] === block)
    .map(keyOf)
    .join(', ')
}

function readBoolean(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined
}

function readCount(text: string): number | undefined {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

/** The commas of `v{1,2}` divide nothing. */
function readTags(text: string): readonly string[] | undefined {
  const tags = text.split(/,(?![^{]*\})/).map(tag => tag.trim())
  try {
    for (const tag of tags) validateTag(isGlob(tag) ? tag.replaceAll(/[*?[\]{}!,^]/g, 'x') : tag)
  } catch {
    return undefined
  }
  return [...new Set(tags)]
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

function bad(message: string, hint: string): LadingError {
  return new LadingError('bad-argument', message, { hint })
}
