import type { Document, Pair, YAMLMap } from 'yaml'
import { configYaml } from './config-document.ts'
import { pairOf, type Yaml } from './config-tree.ts'

/** How far a mapping within a mapping is indented where the file does not show it. */
const usualStep = 2

/**
 * The text with `value`, which is YAML, at the path, or without what stands there: the lines or words of that place, and no others.
 *
 * It is a proposal: who calls it reads the result again.
 */
export function spliceConfig(
  yaml: Yaml,
  document: Document.Parsed,
  text: string,
  path: readonly string[],
  value: string | undefined,
): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = (names: readonly string[], indent: number, step: number) => {
    const last = names.length - 1
    const line = (name: string, at: number) =>
      `${' '.repeat(indent + at * step)}${written(yaml, name)}:${at === last ? ` ${value ?? ''}` : ''}${newline}`
    return names.map(line).join('')
  }
  const root: unknown = document.contents
  if (!yaml.isMap(root)) return insertLines(text, text.length, lines(path, 0, usualStep), newline)

  let map: YAMLMap = root
  let step = firstStep(yaml, text, root)
  for (let indent = 0, depth = 0; ; depth++) {
    const rest = path.slice(depth)
    const pair = pairOf(yaml, map, rest[0] ?? '')
    const own = indentOf(text, map)
    if (depth > 0 && !map.flow) step = own - indent
    indent = own
    if (pair === undefined) {
      return map.flow
        ? insertItem(yaml, text, map, flowPair(yaml, rest, value))
        : insertLines(text, lineEnd(text, endOf(yaml, map)), lines(rest, indent, step), newline)
    }
    if (rest.length > 1 && yaml.isMap(pair.value) && pair.value.items.length > 0) {
      map = pair.value
      continue
    }
    const start = startOf(pair.key)
    const end = endOf(yaml, pair)
    if (value === undefined) {
      return map.flow
        ? removeItem(yaml, text, map, pair)
        : text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end))
    }
    if (rest.length === 1 && isInline(yaml, pair.value)) {
      return text.slice(0, startOf(pair.value)) + value + text.slice(rangeOf(pair.value)[1])
    }
    if (map.flow) return text.slice(0, start) + flowPair(yaml, rest, value) + text.slice(end)
    if (rest.length === 1) return text.slice(0, start) + lines(rest, 0, step) + text.slice(lineEnd(text, end))
    // nothing, `~` or `{}` gives place to a block
    const [from, to] = rangeOf(pair.value)
    const emptied = text.slice(0, from).trimEnd()
    const without = emptied + text.slice(to)
    return insertLines(without, lineEnd(without, emptied.length), lines(rest.slice(1), indent + step, step), newline)
  }
}

function insertLines(text: string, at: number, lines: string, newline: string): string {
  const before = text.slice(0, at)
  return `${before}${/(?:^\ufeff?|\n)$/.test(before) ? '' : newline}${lines}${text.slice(at)}`
}

/** `key: { of: { a: value } }` */
function flowPair(yaml: Yaml, names: readonly string[], value: string | undefined): string {
  const pair = (name: string, inner: string) => `${written(yaml, name)}: ${inner}`
  return names.reduceRight(
    (inner, name, at) => pair(name, at === names.length - 1 ? inner : `{ ${inner} }`),
    value ?? '',
  )
}

function insertItem(yaml: Yaml, text: string, map: YAMLMap, item: string): string {
  if (map.items.length === 0) return `${text.slice(0, startOf(map))}{ ${item} }${text.slice(rangeOf(map)[1])}`
  const at = endOf(yaml, map.items.at(-1))
  return `${text.slice(0, at)}, ${item}${text.slice(at)}`
}

/** With the comma that divides it from the next, or from the one before. */
function removeItem(yaml: Yaml, text: string, { items }: YAMLMap, pair: Pair): string {
  const at = items.indexOf(pair)
  const next = items[at + 1]
  const from = next === undefined && at > 0 ? endOf(yaml, items[at - 1]) : startOf(pair.key)
  const to = next === undefined ? endOf(yaml, pair) : startOf(next.key)
  return text.slice(0, from) + text.slice(to)
}

/** Whether a value stands in its line, so that another can stand in its place. */
function isInline(yaml: Yaml, node: unknown): boolean {
  if (yaml.isScalar(node)) return !node.type?.startsWith('BLOCK') && node.source !== ''
  return yaml.isCollection(node) && node.flow === true
}

/** A name as YAML, with quotes where it would be something else without. */
function written(yaml: Yaml, name: string): string {
  return new yaml.Document(name, configYaml).toString({ lineWidth: 0 }).trimEnd()
}

function indentOf(text: string, map: YAMLMap): number {
  return / *$/.exec(text.slice(0, startOf(map.items[0]?.key)))?.[0].length ?? 0
}

function firstStep(yaml: Yaml, text: string, root: YAMLMap): number {
  for (const { value } of root.items) {
    if (yaml.isMap(value) && !value.flow && value.items.length > 0) return Math.max(indentOf(text, value), 1)
  }
  return usualStep
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = node instanceof Object && 'range' in node && Array.isArray(node.range) ? node.range : [0, 0]
  return [Number(range[0]), Number(range[1])]
}

function startOf(node: unknown): number {
  return rangeOf(node)[0]
}

/** Where the last value ends. A mapping or list itself takes in the comments and empty lines behind it. */
function endOf(yaml: Yaml, node: unknown): number {
  if (yaml.isPair(node)) return Math.max(rangeOf(node.key)[1], endOf(yaml, node.value))
  if (yaml.isCollection(node) && !node.flow && node.items.length > 0) return endOf(yaml, node.items.at(-1))
  return rangeOf(node)[1]
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Behind the line. A block of text ends there already. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === '\n') return at
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}
