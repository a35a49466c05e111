/**
 * JSON as Go's encoding/json writes it: documents that are made anew by a rule, and not kept, have the digest that the containers tools
 * and Docker give them only where they have the same bytes.
 */
export function goJson(value: unknown, indent?: number): string {
  return escapeForHtml(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'string' ? inner.toWellFormed() : inner), indent),
  )
}

/** The fields of a JSON object, each with the text of its value: numbers, escapes and the order inside stay as they were written. */
export function goFields(object: string): Map<string, string> {
  const fields = new Map<string, string>()
  let depth = 0
  let name: string | undefined
  let value = ''
  for (const [token] of object.matchAll(tokens)) {
    if (depth > 1 || (depth === 1 && name !== undefined && token !== ',' && token !== '}')) value += token
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    else if (depth === 1 && name === undefined) name = JSON.parse(token) as string
    if (name !== undefined && ((depth === 1 && token === ',') || depth === 0)) {
      fields.set(name, escapeForHtml(value.slice(1)))
      name = undefined
      value = ''
    }
  }
  return fields
}

/** The object of such fields, sorted as Go sorts those of a map. */
export function goObject(fields: ReadonlyMap<string, string>): string {
  const sorted = [...fields].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${sorted.map(([name, value]) => `${goJson(name)}:${value}`).join(',')}}`
}

/** A string, a mark, or a number or word; what lies between is white space. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/** In JSON these stand in strings alone. */
function escapeForHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
