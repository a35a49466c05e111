import path from 'node:path'
import type { SourceTree } from './source-files.ts'

/** An import may only lead to the left (docs/architecture). */
const layers: readonly string[] =
  'errors model streams http auth stores layout transports transform trust copy bucket scan server cli'.split(' ')

/** The constant that everything may name, left of all: it imports nothing. */
const leftmost = 'src/version.ts'

/** What a file imports of its own tree, in whatever form: static, re-export, type, dynamic, `import('…').Type`. */
export function importsOf(file: string, text: string): string[] {
  // the formatter keeps a statement at the start of its line, so a comment or a string is not taken for one
  const statements = /^(?:import|export)\b[^'"`;]*?['"](\.[^'"]+)['"]/gm
  const expressions = /\bimport\(\s*['"](\.[^'"]+)['"]/g
  const specifiers = [...text.matchAll(statements), ...text.matchAll(expressions)].map(match => match[1] ?? '')
  return [...new Set(specifiers.map(specifier => path.posix.join(path.posix.dirname(file), specifier)))]
}

/** Imports of `src` that lead to the right, each as a sentence that names both files. */
export function wrongImports(tree: SourceTree): string[] {
  return [...tree].flatMap(([file, text]) => {
    const own = layerOf(file)
    if (own === undefined) return [`${file} is in no layer: give its folder a place in test/structure/imports.ts`]
    return importsOf(file, text)
      .filter(target => !mayImport(file, own, target))
      .map(target => `${file} imports ${target}`)
  })
}

/** Circles of imports, types included: files of a circle cannot be understood, moved or loaded one without the other. */
export function importCycles(tree: SourceTree): string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file)
    if (at >= 0) cycles.push([...trail.slice(at), file].join(' → '))
    if (at >= 0 || done.has(file)) return
    for (const target of importsOf(file, tree.get(file) ?? '')) visit(target, [...trail, file])
    done.add(file)
  }
  for (const file of tree.keys()) visit(file, [])
  return cycles
}

/** A number that grows to the right; `undefined` where the folder has no place. */
function layerOf(file: string): number | undefined {
  if (file === leftmost) return -1
  const [, folder = '', ...inside] = file.split('/')
  if (inside.length === 0 || folder === 'testing') return layers.length // entries and fakes see everything, and nothing sees them
  const layer = layers.indexOf(folder)
  return layer < 0 ? undefined : layer
}

function mayImport(file: string, own: number, target: string): boolean {
  const isTest = file.endsWith('.test.ts')
  if (!target.startsWith('src/')) return target === 'package.json' || (isTest && target.startsWith('test/'))
  if (target === leftmost) return true
  const isFake = target.startsWith('src/testing/')
  if (file.startsWith('src/testing/')) return isFake || (target.split('/').length > 2 && !target.startsWith('src/cli/'))
  if (isFake) return isTest || file.split('/').length === 2
  const layer = layerOf(target)
  return layer !== undefined && layer <= own
}
