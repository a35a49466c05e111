import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** The text of source files by path, relative to the checkout and with `/`. */
export type SourceTree = ReadonlyMap<string, string>

export const checkout = path.join(import.meta.dirname, '../..')

/** Every TypeScript file under these folders. */
export function readSources(...folders: string[]): SourceTree {
  const names = folders.flatMap(folder =>
    readdirSync(path.join(checkout, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
      .map(entry => path.relative(checkout, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')),
  )
  return new Map(names.sort().map(name => [name, readFileSync(path.join(checkout, name), 'utf8')]))
}
