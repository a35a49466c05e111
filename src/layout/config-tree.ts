import type { Document, Pair, YAMLMap } from 'yaml'

/** A YAML document as data, so that two can be compared: what a mapping holds in its order, names and scalars as they are written. */
export type ConfigTree =
  | { readonly written: string }
  | { readonly list: readonly ConfigTree[] }
  | { readonly entries: readonly (readonly [name: string, value: ConfigTree])[] }
  /** An alias or an anchored node: it may not change, since something else changes with it. */
  | { readonly shared: string; readonly of?: ConfigTree }

export type Yaml = typeof import('yaml')

export function pairOf(yaml: Yaml, map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(pair => nameOf(yaml, pair) === name)
}

/** As it stands there. What is no scalar has one name for all: its text would double with each key within the key. */
function nameOf(yaml: Yaml, { key }: Pair): string {
  return yaml.isScalar(key) ? (key.source ?? String(key.value)) : '?'
}

export function treeOf(yaml: Yaml, document: Document.Parsed): ConfigTree {
  const bare = (node: unknown): ConfigTree => {
    if (yaml.isMap(node))
      return { entries: (node as YAMLMap).items.map(pair => [nameOf(yaml, pair), read(pair.value)]) }
    if (yaml.isSeq(node)) return { list: node.items.map(read) }
    if (yaml.isScalar(node)) return node.value === null ? nothing : { written: node.source ?? String(node.value) }
    return nothing
  }
  const read = (node: unknown): ConfigTree => {
    if (yaml.isAlias(node)) return { shared: node.source }
    if (yaml.isNode(node) && 'anchor' in node && typeof node.anchor === 'string') {
      return { shared: node.anchor, of: bare(node) }
    }
    return bare(node)
  }
  return read(document.contents)
}

const nothing: ConfigTree = { entries: [] }

/** The tree with a value at a path, or without it. `undefined` where something shared stands on the way, or no mapping. */
export function changedTree(
  tree: ConfigTree,
  [name, ...rest]: readonly string[],
  value: ConfigTree | undefined,
): ConfigTree | undefined {
  if (name === undefined) return 'shared' in tree ? undefined : value
  if (!('entries' in tree)) return undefined
  const { entries } = tree
  const at = entries.findIndex(([one]) => one === name)
  const old = entries[at]?.[1]
  if (rest.length === 0 && value === undefined) {
    return old !== undefined && holdsShared(old) ? undefined : { entries: entries.filter((_, i) => i !== at) }
  }
  if (rest.length === 0 && old !== undefined && holdsShared(old)) return undefined
  const changed = rest.length === 0 ? value : changedTree(old ?? nothing, rest, value)
  if (changed === undefined) return undefined
  return { entries: at === -1 ? [...entries, [name, changed]] : entries.with(at, [name, changed]) }
}

function holdsShared(tree: ConfigTree): boolean {
  if ('shared' in tree) return true
  if ('list' in tree) return tree.list.some(holdsShared)
  return 'entries' in tree && tree.entries.some(([, value]) => holdsShared(value))
}
