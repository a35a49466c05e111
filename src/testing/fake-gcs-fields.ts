/** The parts of a JSON answer that its `fields` parameter asks for: `items(name,size),nextPageToken`, `a/b`, `*`. */
export function selectFields(value: unknown, mask: string | null): unknown {
  return mask === null ? value : select(value, parse(mask))
}

type Mask = Map<string, Mask>

function parse(text: string): Mask {
  let at = 0
  function list(): Mask {
    const mask: Mask = new Map()
    for (;;) {
      const name = /^[^,()/]+/.exec(text.slice(at))?.[0] ?? ''
      at += name.length
      mask.set(name.trim(), rest())
      if (text[at] !== ',') return mask
      at++
    }
  }
  function rest(): Mask {
    const next = text[at]
    if (next === '/') {
      at++
      const name = /^[^,()/]+/.exec(text.slice(at))?.[0] ?? ''
      at += name.length
      return new Map([[name, rest()]])
    }
    if (next !== '(') return new Map()
    at++
    const inner = list()
    at++
    return inner
  }
  return list()
}

function select(value: unknown, mask: Mask): unknown {
  if (mask.size === 0 || mask.has('*')) return value
  if (Array.isArray(value)) return value.map(item => select(item, mask))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const inner = mask.get(name)
      return inner === undefined ? [] : [[name, select(field, inner)]]
    }),
  )
}
