/** What a template works on: the values of Go that a document in JSON is made of. */
export type GoValue = string | number | boolean | undefined | GoNil | GoTime | GoStruct | GoMap | readonly GoValue[]

/** A list or a map that is not there. */
export class GoNil {
  readonly kind: 'list' | 'map'

  constructor(kind: 'list' | 'map') {
    this.kind = kind
  }

  toJSON(): null {
    return null
  }
}

/** A time, as RFC 3339 has it. */
export class GoTime {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): string {
    return this.text
  }
}

/** Fields in their order, by the names that templates know. */
export class GoStruct {
  readonly fields: Readonly<Record<string, GoValue>>
  /** The names in JSON, where they differ; those with a `?` are left out where the value is empty. */
  readonly names: Readonly<Record<string, string>>
  /** The field whose own fields are this one's too, as Go embeds a struct. */
  readonly embedded: string | undefined

  constructor(
    fields: Readonly<Record<string, GoValue>>,
    names: Readonly<Record<string, string>> = {},
    embedded?: string,
  ) {
    this.fields = fields
    this.names = names
    this.embedded = embedded
  }

  has(field: string): boolean {
    return Object.hasOwn(this.fields, field) || (this.#inner?.has(field) ?? false)
  }

  get(field: string): GoValue {
    return Object.hasOwn(this.fields, field) ? this.fields[field] : this.#inner?.get(field)
  }

  get #inner(): GoStruct | undefined {
    const value = this.embedded === undefined ? undefined : this.fields[this.embedded]
    return value instanceof GoStruct ? value : undefined
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {}
    for (const [field, value] of Object.entries(this.fields)) {
      const name = this.names[field] ?? field
      if (field === this.embedded) Object.assign(json, this.#inner?.toJSON())
      else if (!name.endsWith('?')) json[name] = value ?? null
      else if (isTrue(value)) json[name.slice(0, -1)] = value
    }
    return json
  }
}

/** A map from strings. Go shows its keys sorted. */
export class GoMap {
  readonly entries: ReadonlyMap<string, GoValue>

  constructor(entries: Iterable<readonly [string, GoValue]>) {
    this.entries = new Map([...entries].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  }

  toJSON(): Record<string, GoValue> {
    return Object.fromEntries(this.entries)
  }
}

/** Whether `if` takes it for true. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value instanceof GoNil) return false
  if (typeof value !== 'object') return Boolean(value)
  if (value instanceof GoMap) return value.entries.size > 0
  return value instanceof GoStruct || value instanceof GoTime || value.length > 0
}

/** As fmt's `%v` shows it. */
export function formatGo(value: GoValue): string {
  if (value === undefined) return '<nil>'
  if (typeof value !== 'object') return String(value)
  if (value instanceof GoNil) return value.kind === 'map' ? 'map[]' : '[]'
  if (value instanceof GoTime) return formatTime(value.text)
  if (value instanceof GoStruct) return `{${Object.values(value.fields).map(formatGo).join(' ')}}`
  if (value instanceof GoMap) {
    return `map[${[...value.entries].map(([key, inner]) => `${key}:${formatGo(inner)}`).join(' ')}]`
  }
  return `[${value.map(formatGo).join(' ')}]`
}

/** `2024-05-01 10:00:00.5 +0000 UTC` */
function formatTime(text: string): string {
  const [, date, time, zone = 'Z'] = /^(\S+)T([\d:.]+)(.*)$/.exec(text) ?? []
  if (date === undefined) return text
  const offset = zone.replace(':', '')
  return `${date} ${time} ${zone === 'Z' ? '+0000 UTC' : `${offset} ${offset}`}`
}
