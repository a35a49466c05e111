/**
 * The first member that an object of this JSON names a second time. JSON.parse keeps the last of them, others the first: two readers of one
 * document would see two documents.
 *
 * @param json MUST be what JSON.parse reads
 */
export function duplicateMember(json: string): string | undefined {
  /** The names of each open object; `undefined` stands for an array. */
  const open: (Set<string> | undefined)[] = []
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token.endsWith(':')) {
      const name = String(JSON.parse(token.slice(0, -1)))
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}
