import { LadingError } from '../errors/index.ts'
import { goJson } from '../model/go-json.ts'
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
export function rewriteOldConfig(text: string): string {
  return goJson(rewrite(imageFields, JSON.parse(text) as unknown, 'the newest entry of the history'))
}

/** Gives a field's value anew, or throws the name of what it should be; `undefined` leaves the field out. */
type Kind = (value: unknown, where: string) => unknown
type Fields = readonly (readonly [name: string, kind: Kind])[]

function expectKind(matches: boolean, what: string, where: string): void {
  if (!matches) throw new LadingError('bad-manifest', `the schema 1 manifest cannot be used: ${where} is not ${what}`)
}

const absent = (value: unknown) => value === undefined || value === null
const text: Kind = (value = '', where) => {
  expectKind(value === null || typeof value === 'string', 'a text', where)
  return value ?? ''
}
const flag: Kind = (value = false, where) => {
  expectKind(value === null || typeof value === 'boolean', 'true or false', where)
  return value ?? false
}
const time: Kind = (value, where) => {
  const written = absent(value) ? goTime(undefined) : typeof value === 'string' ? goTime(value) : undefined
  expectKind(written !== undefined, 'a time', where)
  return written
}
const number: Kind = (value, where) => {
  if (absent(value)) return undefined
  expectKind(Number.isSafeInteger(value), 'a whole number', where)
  return value
}
const list: Kind = (value, where) => {
  if (absent(value)) return null
  expectKind(Array.isArray(value) && value.every(item => typeof item === 'string'), 'a list of texts', where)
  return value
}
/** Commands were one text once. */
const words: Kind = (value, where) => (typeof value === 'string' ? [value] : list(value, where))
/** Go sorts maps. */
const sortedMap =
  (member: Kind): Kind =>
  (value, where) => {
    if (absent(value)) return null
    expectKind(typeof value === 'object' && !Array.isArray(value), 'an object', where)
    const entries = Object.entries(Object(value) as object).map(
      ([key, of]) => [key, member(of, `${where}.${key}`)] as const,
    )
    return Object.fromEntries(entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  }
const set = sortedMap(() => ({}))
const labels = sortedMap(text)
/** Left out where it says nothing. */
const optional =
  (kind: Kind): Kind =>
  (value, where) => {
    const written = kind(value, where)
    const empty = !written || (typeof written === 'object' && Object.keys(written).length === 0)
    return empty ? undefined : written
  }
const fields =
  (known: Fields): Kind =>
  (value, where) =>
    rewrite(known, value ?? {}, where)
const orAbsent =
  (kind: Kind): Kind =>
  (value, where) =>
    absent(value) ? undefined : kind(value, where)

function rewrite(known: Fields, value: unknown, where: string): object {
  expectKind(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object', where)
  const raw = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(known.map(([name, kind]) => [name, kind(raw[name], `${where}.${name}`)]))
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
  ['Healthcheck', orAbsent(fields(healthFields))],
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
  ['StopTimeout', number],
  ['Shell', optional(words)],
]

/** Those that fromSchema1() leaves out are not here. */
const imageFields: Fields = [
  ['comment', optional(text)],
  ['created', time],
  ['container', optional(text)],
  ['container_config', fields(containerFields)],
  ['docker_version', optional(text)],
  ['author', optional(text)],
  ['config', orAbsent(fields(containerFields))],
  ['architecture', optional(text)],
  ['variant', optional(text)],
  ['os', optional(text)],
]
