import type { Document } from 'yaml'
import { LadingError } from '../errors/index.ts'
import { configYaml } from './config-document.ts'
import { changedTree, pairOf, treeOf, type Yaml } from './config-tree.ts'
import { spliceConfig } from './splice-config.ts'

/**
 * The text of a configuration with `value`, which is YAML, at the path, or without what stands there. A mapping that becomes empty goes too.
 *
 * What is not touched stays as it is, byte for byte: a document written anew would lose how it was laid out.
 *
 * @throws LadingError `unsupported` where it is written in a way that cannot be changed without changing something else
 */
export function editConfig(yaml: Yaml, text: string, path: readonly string[], value: string | undefined): string {
  const parse = (source: string) => yaml.parseDocument(source, configYaml)
  const document = parse(text)
  const touched = value === undefined ? prunedPath(yaml, document, path) : path
  if (touched === undefined) return text
  const before = treeOf(yaml, document)
  const wanted = changedTree(
    treeOf(yaml, document),
    touched,
    value === undefined ? undefined : treeOf(yaml, parse(value)),
  )
  if (JSON.stringify(wanted) === JSON.stringify(before)) return text
  const edited = spliceConfig(yaml, document, text, touched, value)
  const result = parse(edited)
  // an edit that went wrong in a file of unforeseen shape is found here, and not by the owner of the bucket
  const right =
    wanted !== undefined &&
    result.errors.length === 0 &&
    JSON.stringify(treeOf(yaml, result)) === JSON.stringify(wanted)
  if (right) return edited
  throw new LadingError('unsupported', `${path.join('.')} cannot be changed in the configuration as it is written`, {
    operation: 'change configuration',
    subject: 's3lo.yaml',
    hint: 'anchors and aliases cannot be changed one by one: edit the file, or write out what they stand for',
  })
}

/** The path of the outermost pair that holds nothing else, or `undefined` where the path leads nowhere. */
function prunedPath(yaml: Yaml, document: Document.Parsed, path: readonly string[]): readonly string[] | undefined {
  let node: unknown = document.contents
  let alone = 0
  for (const [at, name] of path.entries()) {
    const pair = yaml.isMap(node) ? pairOf(yaml, node, name) : undefined
    if (!yaml.isMap(node) || pair === undefined) return undefined
    if (node.items.length > 1) alone = at
    node = pair.value
  }
  return path.slice(0, alone + 1)
}
