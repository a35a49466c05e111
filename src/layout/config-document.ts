import type { Document, ParsedNode } from 'yaml'
import { LadingError } from '../errors/index.ts'

/** How the file is read, wherever it is. */
export const configYaml = {
  /** For its `yes` and `on`: the parsers of Go take them for true, and s3lo reads this file too. */
  version: '1.1',
  /** Each key would be compared with every other: `entriesOf` looks for those that are there twice. */
  uniqueKeys: false,
  /** Each error would look for its line anew, and there may be one for each character. */
  prettyErrors: false,
} as const

/** One `key: value` of a mapping. */
export interface ConfigEntry {
  /** As it stands there: an image named 1.0 is no number. */
  readonly name: string
  readonly key: unknown
  /** An alias is followed. */
  readonly value: unknown
}

/** What a value is, as far as the configuration has a use for it. */
export type ConfigValue =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'scalar'; readonly value: unknown; readonly text: string }
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  | { readonly kind: 'other' }

/** A configuration as YAML: its mappings and values, and the lines on which they stand. */
export interface ConfigDocument {
  readonly document: Document.Parsed
  readonly text: string
  /** None where there is nothing. @throws LadingError `bad-layout` where `node` is something else than a mapping */
  entriesOf(node: unknown, what: string): readonly ConfigEntry[]
  valueOf(node: unknown): ConfigValue
  malformed(node: unknown, why: string): LadingError
}

/**
 * @param subject what errors name
 * @throws LadingError `bad-layout` that names the line
 */
export async function openConfigDocument(bytes: Uint8Array, subject: string): Promise<ConfigDocument> {
  // Loaded here: most commands never read a configuration.
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const text = decode(bytes, subject)
  const document = parsed(() => parseDocument<ParsedNode>(text, { ...configYaml, lineCounter: lines }), subject)
  const problem = document.errors[0]
  if (problem !== undefined) {
    throw malformed(subject, whyNoYaml(problem), lines.linePos(problem.pos[0]).line)
  }

  const lineOf = (node: unknown): number => {
    const at = node instanceof Object && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0
    return lines.linePos(at).line
  }
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  const textOf = (node: unknown): string => (isScalar(node) ? (node.source ?? String(node.value)) : String(node))
  const isNothing = (node: unknown) => node === null || node === undefined || (isScalar(node) && node.value === null)

  return {
    document,
    text,
    entriesOf(node, what) {
      if (isNothing(node)) return []
      if (!isMap(node)) throw malformed(subject, `${what} is not a mapping`, lineOf(node))
      const names = new Set<string>()
      return node.items.map(({ key, value }) => {
        // The text of keys within keys doubles with each of them.
        if (!isScalar(key)) throw malformed(subject, `a key in ${what} is not text`, lineOf(key))
        const name = textOf(key)
        if (names.has(name)) throw malformed(subject, `${JSON.stringify(name)} is in ${what} twice`, lineOf(key))
        names.add(name)
        // Passing over what it takes in could leave a tag unprotected.
        if (name === '<<') {
          throw malformed(subject, `"<<" in ${what} is not read: write out what it takes in`, lineOf(key))
        }
        return { name, key, value: resolved(value) }
      })
    },
    valueOf(node) {
      if (isNothing(node)) return { kind: 'nothing' }
      if (isScalar(node)) return { kind: 'scalar', value: node.value, text: textOf(node) }
      if (!isSeq(node)) return { kind: 'other' }
      const items = node.items.map(resolved)
      return items.every(item => isScalar(item) && !isNothing(item))
        ? { kind: 'list', texts: items.map(textOf) }
        : { kind: 'other' }
    },
    malformed: (node, why) => malformed(subject, why, lineOf(node)),
  }
}

/** The parser calls itself for what is within: a nesting of thousands ends its stack. */
function parsed<T>(parse: () => T, subject: string): T {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw malformed(subject, 'it is nested too deep', 1)
  }
}

/** The parser's first line, without the place, which is told already, and without advice to who calls the parser. */
function whyNoYaml({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'MULTIPLE_DOCS') return 'it holds more than one document'
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}

/** What is not UTF-8 would not come back as it was. */
function decode(bytes: Uint8Array, subject: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const good = Buffer.from(bytes).toString().split('\ufffd', 1)[0] ?? ''
    throw malformed(subject, 'it is not UTF-8', good.split('\n').length)
  }
}

function malformed(subject: string, why: string, line: number): LadingError {
  return new LadingError('bad-layout', `line ${line} of the bucket's configuration cannot be used: ${why}`, {
    operation: 'read configuration',
    subject,
    hint: `correct ${subject === 's3lo.yaml' ? "s3lo.yaml in the bucket's root" : subject}`,
  })
}
