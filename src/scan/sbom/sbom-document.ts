import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { readJson } from '../../model/read-json.ts'
import { readStatement } from './read-statement.ts'
import { formatOfPredicate, formatOfType, isSbom, isSpdxText, type SbomFormat } from './sbom-format.ts'

export interface SbomDocument {
  readonly format: SbomFormat
  readonly bytes: Uint8Array
}

/**
 * A document that stands by itself: its own bytes.
 *
 * @throws Error where it is not what it is called
 */
export function plainDocument(format: SbomFormat, bytes: Uint8Array): SbomDocument {
  const isOne = format === 'spdx' ? isSpdxText(Buffer.from(bytes).toString('utf8')) : isSbom(format, readJson(bytes))
  if (!isOne) throw new Error(`it is not written in ${format}`)
  return { format, bytes }
}

/**
 * The document in content that is attached to an image. `undefined` where it is something else.
 *
 * @param subject what it is attached to: what is said of the image is not believed of the whole index, nor the other way round
 * @throws LadingError `bad-manifest` where it is no such document, or one of another image
 */
export function attachedDocument(mediaType: string, bytes: Uint8Array, subject: Digest): SbomDocument | undefined {
  const format = formatOfType(mediaType)
  try {
    return format === undefined ? statedDocument(mediaType, bytes, [subject]) : plainDocument(format, bytes)
  } catch (cause) {
    throw new LadingError('bad-manifest', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/**
 * The document that a statement holds. `undefined` where the statement says something else.
 *
 * @param subjects what it must be about
 * @throws Error where it is malformed, or of another image
 */
function statedDocument(mediaType: string, bytes: Uint8Array, subjects: readonly Digest[]): SbomDocument | undefined {
  const statement = readStatement(mediaType, bytes)
  const format = formatOfPredicate(statement.predicateType)
  if (format === undefined) return undefined
  if (!statement.isAbout(subjects)) throw new Error('it is about another image')
  const value = unwrapped(statement.predicate)
  if (typeof value !== 'string') return plainDocument(format, Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`))
  // cosign keeps SPDX's text, and once kept its JSON, as a string
  const text = Buffer.from(value)
  return plainDocument(format === 'spdx-json' && isSpdxText(value) ? 'spdx' : format, text)
}

/** Old versions of cosign put the document into an object of their own. */
function unwrapped(predicate: unknown): unknown {
  if (typeof predicate !== 'object' || predicate === null || !('Data' in predicate)) return predicate
  return predicate.Data
}
