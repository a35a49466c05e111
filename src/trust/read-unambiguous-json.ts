import { duplicateMember } from '../model/duplicate-member.ts'
import { readJson } from '../model/read-json.ts'

/**
 * The same as `readJson`, of a document in which no object has a field twice: of such a one two readers may see two different things.
 *
 * @throws SyntaxError, TypeError
 */
export function readUnambiguousJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)
  const value = readJson(text)
  const twice = duplicateMember(text)
  if (twice !== undefined) throw new SyntaxError(`the field ${JSON.stringify(twice)} stands there twice`)
  return value
}
