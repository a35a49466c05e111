import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { systemCode } from '../../errors/index.ts'
import { compareKeys } from '../key-order.ts'

/** A file, or a directory whose name ends with `/`: so they sort as the keys that begin with them do (`a.b` before `a/x`). */
type EntryName = string

/**
 * The names in a directory that `wanted` lets pass, sorted, a page at a time.
 *
 * No file system lists in order, and a directory of blobs may have millions of names: each page reads the whole directory and
 * keeps only the next `pageSize` names, so memory stays bounded (25 MB for names of 64 letters). A directory of one page or less is
 * read once, one of a million blobs eight times.
 */
export async function* directoryPages(
  path: string,
  wanted: (name: EntryName) => boolean,
  pageSize = 131_072,
): AsyncGenerator<EntryName[], void, undefined> {
  for (let after: EntryName | undefined; ; ) {
    const { page, more } = await nextPage(path, wanted, after, pageSize)
    if (page.length > 0) yield page
    if (!more) return
    after = page.at(-1)
  }
}

async function nextPage(
  path: string,
  wanted: (name: EntryName) => boolean,
  after: EntryName | undefined,
  pageSize: number,
): Promise<{ page: EntryName[]; more: boolean }> {
  const page: EntryName[] = []
  let more = false
  for await (const entry of entriesOf(path)) {
    // Anything else (links, sockets) is no object.
    if (!entry.isFile() && !entry.isDirectory()) continue
    const name = entry.isDirectory() ? `${entry.name}/` : entry.name
    if (!wanted(name) || (after !== undefined && compareKeys(name, after) <= 0)) continue
    if (page.push(name) < 2 * pageSize) continue
    page.sort(compareKeys).length = pageSize
    more = true
  }
  page.sort(compareKeys)
  if (page.length > pageSize) {
    page.length = pageSize
    more = true
  }
  return { page, more }
}

async function* entriesOf(path: string): AsyncGenerator<Dirent, void, undefined> {
  try {
    yield* await opendir(path, { bufferSize: 4096 })
  } catch (error) {
    // It vanished, or is an object.
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
  }
}
