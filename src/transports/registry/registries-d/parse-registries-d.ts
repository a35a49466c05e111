import * as v from 'valibot'
import { parse } from 'yaml'
import type { LadingError } from '../../../errors/index.ts'
import { badConfig } from '../registries-conf/bad-config.ts'
import { emptyRegistriesD, type RegistriesD } from './registries-d.ts'

/** `null` is what a key without a value has. */
const text = v.nullish(v.string())
const namespace = v.pipe(
  v.nullish(
    v.looseObject({
      lookaside: text,
      'lookaside-staging': text,
      // what these were called before there was sigstore
      sigstore: text,
      'sigstore-staging': text,
      'use-sigstore-attachments': v.nullish(v.boolean()),
    }),
    {},
  ),
  v.transform(found => ({
    lookaside: found?.lookaside || found?.sigstore || undefined,
    lookasideStaging: found?.['lookaside-staging'] || found?.['sigstore-staging'] || undefined,
    useSigstoreAttachments: found?.['use-sigstore-attachments'] ?? undefined,
  })),
)
const schema = v.nullish(
  v.looseObject({ 'default-docker': v.optional(namespace), docker: v.nullish(v.record(v.string(), namespace)) }),
)

export interface RegistriesDFile {
  readonly path: string
  readonly content: string
}

/**
 * Reads the files, of which none counts before another: what two of them say of one namespace is an error.
 *
 * @throws LadingError `bad-config`
 */
export function parseRegistriesD(files: readonly RegistriesDFile[]): RegistriesD {
  let { byDefault } = emptyRegistriesD
  const namespaces = new Map(emptyRegistriesD.namespaces)
  const saidBy = new Map<string, string>()
  const claim = (name: string, path: string): void => {
    const other = saidBy.get(name)
    if (other !== undefined) throw bad(path, `${name} is defined here and in ${other}`)
    saidBy.set(name, path)
  }
  for (const { path, content } of files) {
    const document = parseFile(path, content)
    if (document?.['default-docker'] !== undefined) {
      claim('"default-docker"', path)
      byDefault = document['default-docker']
    }
    for (const [name, found] of Object.entries(document?.docker ?? {})) {
      claim(`the namespace ${JSON.stringify(name)}`, path)
      namespaces.set(name, found)
    }
  }
  return { byDefault, namespaces }
}

function parseFile(path: string, content: string): v.InferOutput<typeof schema> {
  let value: unknown
  try {
    value = parse(content, { maxAliasCount: 100, logLevel: 'error' })
    // for valibot a list is an object too
    if (Array.isArray(value)) throw new TypeError('it is a list')
  } catch (cause) {
    throw bad(path, cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'it is not YAML')
  }
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw bad(path, `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`)
}

function bad(path: string, why: string): LadingError {
  return badConfig(path, undefined, why, 'containers-registries.d(5) says how it is written')
}
