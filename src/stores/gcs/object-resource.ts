import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { readJson } from '../../model/read-json.ts'
import type { ObjectInfo } from '../object-store.ts'

const resourceSchema = v.object({
  name: v.string(),
  size: v.pipe(v.string(), v.transform(Number), v.safeInteger()),
  generation: v.pipe(v.string(), v.digits()),
  updated: v.pipe(
    v.string(),
    v.check(text => !Number.isNaN(Date.parse(text)), 'not a time'),
  ),
  storageClass: v.optional(v.string()),
  metadata: v.optional(v.record(v.string(), v.string())),
})

/** An object as the JSON API describes it, as far as it is asked for. */
export type ObjectResource = v.InferOutput<typeof resourceSchema>

export const resourceFields = 'name,size,generation,updated,storageClass,metadata'

/** @throws LadingError `protocol-error` */
export function parseResource(value: unknown): ObjectResource {
  return parseAnswer(resourceSchema, value)
}

/** @throws LadingError `protocol-error` where the value is not of the schema's form */
export function parseAnswer<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  throw new LadingError(
    'protocol-error',
    `Google Cloud Storage answers with ${v.getDotPath(issue) ?? 'what'}: ${issue.message}`,
  )
}

/** @throws LadingError `protocol-error` */
export function parseJson(text: string): unknown {
  try {
    return readJson(text)
  } catch (cause) {
    throw new LadingError('protocol-error', 'Google Cloud Storage answers with what is not JSON', { cause })
  }
}

/** The generation is the etag: it is new with every write, also of the same content, and what preconditions name. */
export function infoOf({ size, generation, updated, storageClass }: ObjectResource, key: string): ObjectInfo {
  const kept = storageClass === undefined ? {} : { storageClass }
  return { key, size, etag: generation, modified: new Date(updated), ...kept }
}
