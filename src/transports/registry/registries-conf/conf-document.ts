import * as v from 'valibot'
import { badConfig } from './bad-config.ts'

const text = v.optional(v.string())
const flag = v.optional(v.boolean(), false)

const endpoint = { location: text, insecure: flag, 'pull-from-mirror': text }
const registry = v.looseObject({
  ...endpoint,
  prefix: text,
  blocked: flag,
  'mirror-by-digest-only': flag,
  mirror: v.optional(v.array(v.looseObject(endpoint)), []),
})
const document = v.looseObject({
  registry: v.optional(v.array(registry), []),
  'unqualified-search-registries': v.optional(v.array(v.string())),
  'short-name-mode': text,
  aliases: v.optional(v.record(v.string(), v.string()), {}),
  registries: v.optional(v.unknown()),
})

export type ConfDocument = v.InferOutput<typeof document>
export type RegistryTable = v.InferOutput<typeof registry>
export type MirrorTable = RegistryTable['mirror'][number]

/** Reads the TOML of one file. Keys that are not known are left alone: newer tools have more of them. @throws LadingError `bad-config` */
export async function readConfDocument(content: string, file: string): Promise<ConfDocument> {
  const result = v.safeParse(document, await parseToml(content, file), { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const key = issue.path?.map(({ key }) => (typeof key === 'number' ? `[${key + 1}]` : `.${key}`)).join('')
  throw badConfig(file, key?.slice(1), `it must be ${issue.expected}, and is ${issue.received}`)
}

async function parseToml(content: string, file: string): Promise<unknown> {
  const { parse, TomlError } = await import('smol-toml')
  try {
    return parse(content.replace(/^\uFEFF/, ''))
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    // What follows the first line is a drawing of the place.
    const [why = ''] = error.message.split('\n')
    throw badConfig(file, `line ${error.line}, column ${error.column}`, why.replace('Invalid TOML document: ', ''))
  }
}
