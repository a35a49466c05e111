import { lstat, type Stats } from 'node:fs'
import { join } from 'node:path'
import { systemCode } from '../../errors/index.ts'
import { compareKeys } from '../key-order.ts'
import { isPrivateKey } from '../object-key.ts'
import type { ListEntry, ListOptions, ObjectInfo } from '../object-store.ts'
import { directoryPages } from './directory-pages.ts'

/** So many files are asked for their size at once. */
const batchSize = 64

/** The objects below `root` in the order of their keys. What vanishes while it is listed is left out. */
export async function* listObjects(
  root: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const directory = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  yield* listDirectory(root, directory, prefix, options)
}

async function* listDirectory(
  root: string,
  directory: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const { delimiter, ...undelimited } = options
  const { startAfter, signal } = options
  const wanted = (name: string) => {
    const key = directory + name
    return key.startsWith(prefix) && !isPrivateKey(key) && (startAfter === undefined || reachesPast(key, startAfter))
  }
  for await (const page of directoryPages(join(root, directory), wanted)) {
    for (let at = 0; at < page.length; at += batchSize) {
      signal?.throwIfAborted()
      const keys = page.slice(at, at + batchSize).map(name => directory + name)
      const infos = await Promise.all(keys.map(key => (key.endsWith('/') ? undefined : infoOf(root, key))))
      for (const [i, key] of keys.entries()) {
        const info = infos[i]
        if (info !== undefined) yield { kind: 'object', info }
        if (!key.endsWith('/')) continue
        const below = listDirectory(root, key, prefix, undelimited)
        if (delimiter === undefined) yield* below
        else if (await hasAny(below)) yield { kind: 'prefix', prefix: key }
      }
    }
  }
}

/** Whether a file's key, or some key in a directory, comes after `startAfter`. */
function reachesPast(key: string, startAfter: string): boolean {
  return compareKeys(key, startAfter) > 0 || (key.endsWith('/') && startAfter.startsWith(key))
}

/** A directory without objects is nothing to an object store. */
async function hasAny(entries: AsyncIterable<ListEntry>): Promise<boolean> {
  for await (const _ of entries) return true
  return false
}

async function infoOf(root: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const { size, mtime } = await statsOf(join(root, key))
    return { key, size, modified: mtime }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** By a callback: a promise of node:fs takes a buffer of its own for each file, and those of a million are freed late. */
function statsOf(path: string): Promise<Stats> {
  return new Promise((resolve, reject) => {
    lstat(path, (error, stats) => (error === null ? resolve(stats) : reject(error)))
  })
}
