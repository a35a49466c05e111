import { goJson } from '../../../model/go-json.ts'
import { formatGo, GoMap, GoNil, type GoValue, isTrue } from './go-value.ts'
import { templateError } from './template-error.ts'

type GoFunction = (words: readonly GoValue[]) => GoValue

/** Go's own functions and those of the containers tools, as far as they are understood. */
export const functions: ReadonlyMap<string, GoFunction> = new Map<string, GoFunction>([
  ['json', ([value]) => goJson(value ?? null)],
  ['join', ([value, separator]) => listOf(value).map(formatGo).join(textOf(separator))],
  ['split', ([value, separator]) => textOf(value).split(textOf(separator))],
  ['lower', ([value]) => textOf(value).toLowerCase()],
  ['upper', ([value]) => textOf(value).toUpperCase()],
  ['title', ([value]) => textOf(value).replace(/(?<!\w)\w/g, letter => letter.toUpperCase())],
  ['truncate', ([value, length]) => textOf(value).slice(0, numberOf(length))],
  ['len', ([value]) => lengthOf(value)],
  ['index', ([value, ...keys]) => keys.reduce(elementOf, value)],
  ['eq', ([first, ...others]) => others.some(other => other === first)],
  ['ne', ([first, second]) => first !== second],
  ['not', ([value]) => !isTrue(value)],
  ['and', words => words.find(one => !isTrue(one)) ?? words.at(-1)],
  ['or', words => words.find(isTrue) ?? words.at(-1)],
  ['print', words => words.map(formatGo).join('')],
  ['println', words => `${words.map(formatGo).join(' ')}\n`],
])

function textOf(value: GoValue): string {
  if (typeof value === 'string') return value
  throw templateError(`a text is needed, not ${formatGo(value)}`)
}

function numberOf(value: GoValue): number {
  if (typeof value === 'number') return value
  throw templateError(`a number is needed, not ${formatGo(value)}`)
}

function listOf(value: GoValue): readonly GoValue[] {
  if (value instanceof GoNil) return []
  if (typeof value === 'object' && Array.isArray(value)) return value
  throw templateError(`a list is needed, not ${formatGo(value)}`)
}

function lengthOf(value: GoValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return value instanceof GoMap ? value.entries.size : listOf(value).length
}

function elementOf(value: GoValue, key: GoValue): GoValue {
  // what a map of texts does not have is the empty text
  if (value instanceof GoMap) return value.entries.get(textOf(key)) ?? ''
  if (value instanceof GoNil && value.kind === 'map') return ''
  const list = listOf(value)
  const at = numberOf(key)
  if (at < 0 || at >= list.length) throw templateError(`index out of range: ${at}`)
  return list[at]
}
