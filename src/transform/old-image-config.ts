import { LadingError } from '../errors/index.ts'
import { goJson, goObject } from '../model/go-json.ts'
import { goTime } from '../model/go-time.ts'

/** Docker's versions before 1.8.3, whose descriptions of images have not all the fields that later ones have. */
export function isBefore183(version: string): boolean {
  if (version === '') return false
  const parts = version.split('.')
  for (const [position, wanted] of [1, 8, 3].entries()) {
    // as Docker compares versions: what is no number, like `2-fc22`, counts for nothing
    const part = /^[+-]?\d+$/.test(parts[position] ?? '') ? Number(parts[position]) : 0
    if (part !== wanted) return part < wanted
  }
  return false
}

/**
 * The description of an image, written again as a Docker of its time does it: with the fields that it knows, all of
 * them, and in its order. The ID of an old image is the digest of that.
 *
 * @throws LadingError `bad-manifest` where a field is of another type than it has to be
 */
export function rewriteOldConfig(json: string): string {
  return rewrite(imageFields, JSON.parse(json) as unknown, 'the newest entry of the history')
}

/** Gives the text of a field's value; `undefined` leaves the field out. @throws LadingError where the value is of another type */
type Kind = (value: unknown, where: string) => string | undefined
type Fields = readonly (readonly [name: string, kind: Kind])[]

function expectKind(matches: boolean, what: string, where: string): void {
  if (!matches) throw new LadingError('bad-manifest', `the schema 1 manifest cannot be used: ${where} is not ${what}`)
}

const isAbsent = (value: unknown) => value === undefined || value === null
const text: Kind = (value, where) => {
  expectKind(isAbsent(value) || typeof value === 'string', 'a text', where)
  return goJson(value ?? '')
}
const flag: Kind = (value, where) => {
  expectKind(isAbsent(value) || typeof value === 'boolean', 'true or false', where)
  return goJson(value ?? false)
}
const number: Kind = (value, where) => {
  expectKind(isAbsent(value) || Number.isSafeInteger(value), 'a whole number', where)
  return goJson(value ?? 0)
}
const time: Kind = (value, where) => {
  const written = isAbsent(value) ? goTime(undefined) : typeof value === 'string' ? goTime(value) : undefined
  expectKind(written !== undefined, 'a time', where)
  return goJson(written)
}
const list: Kind = (value, where) => {
  const isList = Array.isArray(value) && value.every(item => typeof item === 'string')
  expectKind(isAbsent(value) || isList, 'a list of texts', where)
  return goJson(value ?? null)
}
/** Commands were one text once. */
const words: Kind = (value, where) => list(typeof value === 'string' ? [value] : value, where)
const mapOf =
  (member: Kind): Kind =>
  (value, where) => {
    if (isAbsent(value)) return 'null'
    const entries = Object.entries(asObject(value, where))
    return goObject(new Map(entries.map(([key, inner]) => [key, member(inner, `${where}.${key}`) ?? 'null'])))
  }
const set = mapOf(() => '{}')
const labels = mapOf(text)
const objectOf =
  (known: Fields): Kind =>
  (value, where) =>
    rewrite(known, value ?? {}, where)

/** What Go leaves out where it is told to leave out what says nothing. */
const empty: readonly (string | undefined)[] = ['""', 'false', '0', 'null', '[]', '{}']
const optional =
  (kind: Kind): Kind =>
  (value, where) => {
    const written = kind(value, where)
    return empty.includes(written) ? undefined : written
  }
/** Go writes what a pointer points to, empty or not. */
const pointer =
  (kind: Kind): Kind =>
  (value, where) =>
    isAbsent(value) ? undefined : kind(value, where)

function rewrite(known: Fields, value: unknown, where: string): string {
  const raw = asObject(value, where)
  const written = known.flatMap(([name, kind]) => {
    const inner = kind(raw[name], `${where}.${name}`)
    return inner === undefined ? [] : [`${goJson(name)}:${inner}`]
  })
  return `{${written.join(',')}}`
}

function asObject(value: unknown, where: string): Readonly<Record<string, unknown>> {
  expectKind(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object', where)
  return value as Readonly<Record<string, unknown>>
}

const healthFields: Fields = [
  ['Test', optional(list)],
  ['StartPeriod', optional(number)],
  ['StartInterval', optional(number)],
  ['Interval', optional(number)],
  ['Timeout', optional(number)],
  ['Retries', optional(number)],
]

const containerFields: Fields = [
  ['Hostname', text],
  ['Domainname', text],
  ['User', text],
  ['AttachStdin', flag],
  ['AttachStdout', flag],
  ['AttachStderr', flag],
  ['ExposedPorts', optional(set)],
  ['Tty', flag],
  ['OpenStdin', flag],
  ['StdinOnce', flag],
  ['Env', list],
  ['Cmd', words],
  ['Healthcheck', pointer(objectOf(healthFields))],
  ['ArgsEscaped', optional(flag)],
  ['Image', text],
  ['Volumes', set],
  ['WorkingDir', text],
  ['Entrypoint', words],
  ['NetworkDisabled', optional(flag)],
  ['MacAddress', optional(text)],
  ['OnBuild', list],
  ['Labels', labels],
  ['StopSignal', optional(text)],
  ['StopTimeout', pointer(number)],
  ['Shell', optional(words)],
]

/** Those that fromSchema1() leaves out are not here. */
const imageFields: Fields = [
  ['comment', optional(text)],
  ['created', time],
  ['container', optional(text)],
  ['container_config', objectOf(containerFields)],
  ['docker_version', optional(text)],
  ['author', optional(text)],
  ['config', pointer(objectOf(containerFields))],
  ['architecture', optional(text)],
  ['variant', optional(text)],
  ['os', optional(text)],
]
