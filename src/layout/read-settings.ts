import type { ConfigDocument } from './config-document.ts'
import { keyOf, type SettingKey, settingKeys, settingNames, type WrittenSettings } from './setting-keys.ts'

/** Everything that a configuration says. */
export interface WrittenConfig {
  readonly byDefault: WrittenSettings
  /** By name or glob, in the order of the file. */
  readonly images: ReadonlyMap<string, WrittenSettings>
  /** Of s3lo: whether it stores layers in pieces. lading stores them whole. */
  readonly chunked?: boolean
}

/**
 * @param names the settings to read; what stands under others is not looked at
 * @throws LadingError `bad-layout` that names the line
 */
export function readConfig(file: ConfigDocument, names = settingNames): WrittenConfig {
  const top = new Map(file.entriesOf(file.document.contents, 'the document').map(({ name, value }) => [name, value]))
  const images = file.entriesOf(top.get('images'), 'images')
  const chunked = readOne(file, top.get('chunked'), settingKeys.immutable, 'chunked')
  return {
    byDefault: readSettings(file, top.get('default'), 'default', names),
    images: new Map(images.map(({ name, value }) => [name, readSettings(file, value, JSON.stringify(name), names)])),
    ...(chunked === undefined ? {} : { chunked }),
  }
}

/** What other tools keep in an entry is left alone. */
function readSettings(file: ConfigDocument, entry: unknown, what: string, names: typeof settingNames): WrittenSettings {
  const own = new Map(file.entriesOf(entry, what).map(({ name, value }) => [name, value]))
  const within = (block: string) => file.entriesOf(own.get(block), `${block} of ${what}`)
  const read = names.map(name => {
    const [first = '', second] = settingKeys[name].path
    const node = second === undefined ? own.get(first) : within(first).find(one => one.name === second)?.value
    // each name with the key of its own: the types cannot follow a loop over all
    const key = settingKeys[name] as SettingKey<unknown>
    return [name, readOne(file, node, key, `${keyOf(name)} of ${what}`)] as const
  })
  return Object.fromEntries(read.filter(([, value]) => value !== undefined))
}

function readOne<T>(
  file: ConfigDocument,
  node: unknown,
  { read, flaw, isNothing }: SettingKey<T>,
  what: string,
): T | undefined {
  const written = file.valueOf(node)
  if (written.kind === 'nothing') return undefined
  const value = read(written)
  if (value === undefined) throw file.malformed(node, `${what} ${flaw}`)
  return isNothing?.(value) ? undefined : value
}
