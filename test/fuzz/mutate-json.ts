import type { Random } from './random.ts'

const names = ['__proto__', 'constructor', 'toString', '', 'mediaType', 'digest', 'size', 'annotations', '0', '\ud800']
const values: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    2 ** 53 - 1,
    -(2 ** 53),
    1e308,
    [],
    {},
    [[]],
    [null],
    { a: null },
  ],
  ...['', ' ', '\0', '..', '../../x', '/', '__proto__', 'constructor', 'a'.repeat(5000), '\u2028', '\ud800', '🚢'],
  ...[
    `sha256:${'0'.repeat(64)}`,
    `sha512:${'f'.repeat(128)}`,
    'sha256:',
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00+05',
  ],
]

/** The document with another value, name or place somewhere in it; `undefined` where the bytes are no JSON. */
export function mutateJson(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    return undefined
  }
  const places = placesIn(document)
  for (let times = random.below(3); times >= 0; times--) {
    if (places.length === 0) return Buffer.from(JSON.stringify(random.pick(values)))
    const { parent, name } = random.pick(places)
    if (Array.isArray(parent)) changeList(parent, Number(name), places, random)
    else changeObject(parent, name, places, random)
  }
  try {
    return Buffer.from(JSON.stringify(document, undefined, random.pick([undefined, 1])))
  } catch {
    // it holds itself, or is too deep to be written
    return undefined
  }
}

interface Place {
  readonly parent: Record<string, unknown> | unknown[]
  readonly name: string
}

function placesIn(document: unknown): Place[] {
  const places: Place[] = []
  const open = [document]
  for (let value = open.pop(); value !== undefined && places.length < 10_000; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const parent = value as Record<string, unknown> | unknown[] // what is no scalar in JSON
    for (const [name, inner] of Object.entries(parent)) {
      places.push({ parent, name })
      open.push(inner)
    }
  }
  return places
}

function anyValue(places: readonly Place[], random: Random): unknown {
  if (random.below(3) > 0) return structuredClone(random.pick(values))
  if (random.below(4) === 0) {
    let deep: unknown = 1
    for (let depth = random.pick([3, 101, 5000]); depth > 0; depth--)
      deep = random.below(2) === 0 ? [deep] : { a: deep }
    return deep
  }
  const { parent, name } = random.pick(places)
  try {
    return structuredClone(Reflect.get(parent, name))
  } catch {
    return null
  }
}

function changeList(list: unknown[], at: number, places: readonly Place[], random: Random): void {
  switch (random.below(4)) {
    case 0:
      list.splice(at, 1)
      break
    case 1:
      list.push(...Array(random.pick([1, 2, 300])).fill(list[at]))
      break
    default:
      list[at] = anyValue(places, random)
  }
}

function changeObject(object: Record<string, unknown>, name: string, places: readonly Place[], random: Random): void {
  switch (random.below(5)) {
    case 0:
      delete object[name]
      break
    case 1: {
      // As an own field, which a plain assignment of __proto__ does not make.
      const own = { value: object[name], enumerable: true, configurable: true, writable: true }
      Object.defineProperty(object, random.pick(names), own)
      break
    }
    case 2:
      object[random.pick(names)] = anyValue(places, random)
      break
    default:
      object[name] = anyValue(places, random)
  }
}
