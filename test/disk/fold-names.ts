import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'

const fs = process.getBuiltinModule('node:fs')
const { promises } = fs

const onePath = [
  'access',
  'chmod',
  'lstat',
  'mkdir',
  'open',
  'opendir',
  'readFile',
  'readdir',
  'realpath',
  'rm',
  'rmdir',
  'stat',
  'unlink',
  'utimes',
  'writeFile',
] as const
const twoPaths = ['copyFile', 'link', 'rename'] as const

type AnyFunction = (...args: unknown[]) => unknown

/**
 * Makes what is below a folder look, to this process, as on a file system that does not tell names apart which differ in case or in the
 * composition of their letters (APFS, NTFS), until it is disposed of. A name is kept as who was first wrote it.
 */
export function foldNames(folder: string): Disposable {
  const undo: (() => void)[] = []
  const patch = (owner: object, name: string, paths: number) => {
    const real = Reflect.get(owner, name) as AnyFunction // every name here is one of a function
    const folded = (...args: unknown[]) =>
      real(...args.map((arg, at) => (at < paths ? onDisk(folder, String(arg)) : arg)))
    Reflect.set(owner, name, Object.assign(folded, Object.fromEntries(Object.entries(real))))
    undo.push(() => Reflect.set(owner, name, real))
  }
  for (const name of onePath) patch(promises, name, 1)
  for (const name of twoPaths) patch(promises, name, 2)
  patch(fs, 'lstat', 1)
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]() {
      for (const step of undo.reverse()) step()
      syncBuiltinESMExports()
    },
  }
}

const fold = (name: string) => name.normalize('NFC').toLowerCase()

/** The path with every name as it is kept. */
function onDisk(folder: string, given: string): string {
  const full = path.resolve(given)
  if (!full.startsWith(folder + path.sep)) return given
  let at = folder
  for (const name of full.slice(folder.length + 1).split(path.sep)) {
    at = path.join(at, namesIn(at).find(one => fold(one) === fold(name)) ?? name)
  }
  return at
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}
