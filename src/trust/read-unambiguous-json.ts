import { readJson } from '../model/read-json.ts'

/**
 * The same as `readJson`, of a document in which no object has a field twice: of such a one two readers may see two different things.
 *
 * @throws SyntaxError, TypeError
 */
export function readUnambiguousJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : new TextDecoder('utf-8', { fatal: true }).decode(json)
  const value = readJson(text)
  const objects: (Set<string> | undefined)[] = []
  let word = ''
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') objects.push(new Set())
    else if (token === '[') objects.push(undefined)
    else if (token === '}' || token === ']') objects.pop()
    else if (token !== ':') word = token
    else {
      const name = JSON.parse(word) as string
      const names = objects.at(-1)
      if (names?.has(name)) throw new SyntaxError(`the field ${JSON.stringify(name)} stands there twice`)
      names?.add(name)
    }
  }
  return value
}

/** A string, or a mark that says where an object begins, ends, or has a field. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g
