import type { SourceTree } from './source-files.ts'

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/
/** Names that say nothing of what is inside. A credential helper is one thing; helpers are anything. */
const emptyNames = /(^|-)(utils?|helpers|common|managers?|misc)(-|$)/
const maxLines = 300

/** Files that a tool reads by their default export. */
const defaultExports: readonly string[] = ['scripts/skip-reporter.ts']

/** What is wrong with the files of a tree, each as a sentence that names the file. */
export function brokenConventions(tree: SourceTree): string[] {
  return [...tree].flatMap(([file, text]) => [...nameFaults(file), ...textFaults(file, text)])
}

function nameFaults(file: string): string[] {
  const parts = file.replace(/(\.test)?\.ts$/, '').split('/')
  return [
    ...(parts.every(part => kebabCase.test(part)) ? [] : [`${file} is not in kebab-case`]),
    ...(parts.some(part => emptyNames.test(part)) ? [`${file} is named for nothing in particular`] : []),
  ]
}

function textFaults(file: string, text: string): string[] {
  const lines = text.trimEnd().split('\n').length
  const isDefault = /^export default\b|^export \{[^}]*\bas default\b/m.test(text)
  return [
    ...(lines > maxLines ? [`${file} has ${lines} lines, and ${maxLines} are the limit`] : []),
    ...(isDefault && !defaultExports.includes(file) ? [`${file} has a default export`] : []),
  ]
}
