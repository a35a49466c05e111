import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { type Digest, isDigest } from './digest.ts'
import { goTime } from './go-time.ts'
import { maxManifestBytes } from './manifest.ts'
import { readJson } from './read-json.ts'
import { schema1Payload } from './schema1-signature.ts'

const text = v.string()
const schema = v.looseObject({
  schemaVersion: v.literal(1, 'is not 1'),
  name: v.nullish(text, ''),
  tag: v.nullish(text, ''),
  architecture: v.nullish(text, ''),
  fsLayers: v.array(
    v.looseObject({
      blobSum: v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a digest'),
    }),
  ),
  history: v.array(v.looseObject({ v1Compatibility: text })),
})
const compatibilitySchema = v.looseObject({
  id: v.pipe(text, v.regex(/^[a-f0-9]{64}$/, 'is not 64 hexadecimal digits')),
  parent: v.nullish(text, ''),
  comment: v.nullish(text, ''),
  author: v.nullish(text, ''),
  created: v.nullish(text),
  container_config: v.nullish(v.looseObject({ Cmd: v.nullish(v.array(v.nullable(text, '')), []) })),
  throwaway: v.nullish(v.boolean(), false),
})

/** Docker image manifest version 2, schema 1: https://distribution.github.io/distribution/spec/deprecated-schema-v1 */
export interface Schema1 {
  readonly name: string
  readonly tag: string
  readonly architecture: string
  /** The oldest first, as layers stand everywhere else; the document has them the other way round. */
  readonly history: readonly Schema1Entry[]
}

/** One step of how the image was made, and the layer that it left. */
export interface Schema1Entry {
  readonly blobSum: Digest
  /** The text of the step's own document, of which the newest one describes the image. */
  readonly v1Compatibility: string
  readonly id: string
  readonly parent: string
  /** RFC 3339, as Go writes it. */
  readonly created: string
  readonly createdBy: string
  readonly author: string
  readonly comment: string
  /** The step changed no file: its layer is empty and is not one of the image's. */
  readonly throwaway: boolean
}

/**
 * Reads a manifest of schema 1, signed or not. Signatures are not checked (verifySchema1() does).
 *
 * Of several entries with one ID that follow each other the oldest stays, as Docker and the containers tools have it.
 *
 * @throws LadingError `bad-manifest`, `too-large`
 */
export function parseSchema1(bytes: Uint8Array): Schema1 {
  if (bytes.byteLength > maxManifestBytes) {
    throw new LadingError('too-large', `the manifest has ${bytes.byteLength} bytes; the limit is ${maxManifestBytes}`)
  }
  const value = parseJson(schema1Payload(bytes))
  const other = ['config', 'layers', 'manifests'].find(field => Object.hasOwn(Object(value), field))
  if (other !== undefined) throw bad(`it names ${other} too, so it could be read in two ways`)
  const { name, tag, architecture, fsLayers, history } = check(schema, value, '')
  if (fsLayers.length === 0) throw bad('it has no layers')
  if (fsLayers.length !== history.length) {
    throw bad(`it has ${fsLayers.length} fsLayers and ${history.length} entries of history`)
  }
  const entries = fsLayers.map(({ blobSum }, position) =>
    toEntry(blobSum, history[position]?.v1Compatibility ?? '', `history.${position}.v1Compatibility`),
  )
  return { name, tag, architecture, history: withoutDuplicates(entries.toReversed()) }
}

function toEntry(blobSum: Digest, v1Compatibility: string, where: string): Schema1Entry {
  let value: unknown
  try {
    value = readJson(v1Compatibility)
  } catch (cause) {
    throw bad(`${where} is not JSON`, cause)
  }
  const { id, parent, comment, author, created, container_config, throwaway } = check(
    compatibilitySchema,
    value,
    `${where}.`,
  )
  const time = goTime(created)
  if (time === undefined) throw bad(`${where}.created is not a time: ${JSON.stringify(created)}`)
  const createdBy = (container_config?.Cmd ?? []).join(' ')
  return { blobSum, v1Compatibility, id, parent, created: time, createdBy, author, comment, throwaway }
}

/** Each entry has to name the one before it as its parent. */
function withoutDuplicates(entries: readonly Schema1Entry[]): Schema1Entry[] {
  const kept: Schema1Entry[] = []
  const ids = new Set<string>()
  for (const entry of entries) {
    const before = kept.at(-1)
    if (entry.id === before?.id) continue
    if (ids.has(entry.id)) throw bad(`two entries of its history have the ID ${entry.id}`)
    if (entry.parent !== (before?.id ?? '')) {
      throw bad(
        `the entry ${entry.id} of its history names the parent ${entry.parent || 'none'}, but ${before?.id ?? 'nothing'} is before it`,
      )
    }
    ids.add(entry.id)
    kept.push(entry)
  }
  return kept
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes)
  } catch (cause) {
    throw bad('what it signs is not JSON', cause)
  }
}

function check<T extends v.GenericSchema>(shape: T, value: unknown, prefix: string): v.InferOutput<T> {
  const result = v.safeParse(shape, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  const what = issue.message.startsWith('is ') ? issue.message : `should be ${issue.expected}, but is ${issue.received}`
  throw bad(`${prefix}${v.getDotPath(issue) ?? 'the document'} ${what}`)
}

function bad(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `the schema 1 manifest cannot be used: ${what}`, { cause })
}
