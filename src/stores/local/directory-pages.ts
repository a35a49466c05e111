import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { systemCode } from '../../errors/index.ts'
import { compareKeys } from '../key-order.ts'
import { NameList } from './name-list.ts'

/** A file, or a directory whose name ends with `/`: so they sort as the keys that begin with them do (`a.b` before `a/x`). */
type EntryName = string

/** As many names as are looked at to tell how a large directory is divided. */
const sampleSize = 4096

/** Pages are planned this full, since a sample is not exact. */
const usualFill = 0.75

/**
 * The names in a directory that `wanted` lets pass, sorted, a page at a time.
 *
 * No file system lists in order, and a directory of blobs may have millions of names. One page or less is read once. Of more, the
 * first reading finds out where pages begin and end, and each page reads the whole directory again and keeps what is its own: memory
 * stays bounded, and a folder of a million blobs is read some twenty times, half a minute in all.
 */
export async function* directoryPages(
  path: string,
  wanted: (name: EntryName) => boolean,
  pageSize = 65_536,
): AsyncGenerator<NameList, void, undefined> {
  // Used again for each page: the engine is in no hurry to free large buffers.
  const lists = { found: new NameList(), page: new NameList() }
  const { all, ends } = await survey(path, wanted, { found: lists.found, pageSize })
  if (all) {
    lists.found.sortInto(lists.page, pageSize)
    if (lists.page.length > 0) yield lists.page
    return
  }
  let after: EntryName | undefined
  for (const end of [...ends, undefined]) {
    for (let more = true; more; ) {
      const last = await readPage(path, wanted, { ...lists, after, end, pageSize })
      if (lists.page.length > 0) yield lists.page
      more = last !== undefined
      after = last ?? end
    }
  }
}

/** Finds all names where they fit on a page, else where each page but the last should end. */
async function survey(
  path: string,
  wanted: (name: EntryName) => boolean,
  { found, pageSize }: { readonly found: NameList; readonly pageSize: number },
): Promise<{ all: boolean; ends: EntryName[] }> {
  let sample: EntryName[] = []
  let stride = 1
  let count = 0
  for await (const name of namesIn(path)) {
    if (!wanted(name)) continue
    if (count < pageSize) found.push(name)
    if (count++ % stride === 0 && sample.push(name) === sampleSize) {
      sample = sample.filter((_, index) => index % 2 === 0)
      stride *= 2
    }
  }
  sample.sort(compareKeys)
  const pages = Math.ceil(count / (pageSize * usualFill))
  const ends = Array.from({ length: pages }, (_, i) => sample[Math.floor(((i + 1) * sample.length) / pages)] ?? '')
  return { all: count <= pageSize, ends: [...new Set(ends.slice(0, -1))] }
}

interface PageRange {
  readonly found: NameList
  /** What the names are put into. */
  readonly page: NameList
  readonly after: EntryName | undefined
  readonly end: EntryName | undefined
  readonly pageSize: number
}

/** The first names after one, and up to another. The last of them is returned where there are more. */
async function readPage(
  path: string,
  wanted: (name: EntryName) => boolean,
  { found, page, after, end, pageSize }: PageRange,
): Promise<EntryName | undefined> {
  let last: EntryName | undefined
  found.clear()
  const cut = () => {
    found.sortInto(page, pageSize)
    if (found.length > pageSize) last = page.at(pageSize - 1)
  }
  for await (const name of namesIn(path)) {
    if (after !== undefined && compareKeys(name, after) <= 0) continue
    const bound = last ?? end
    if (bound !== undefined && compareKeys(name, bound) > 0) continue
    if (!wanted(name) || found.push(name) < 2 * pageSize) continue
    cut()
    found.clear()
    for (const kept of page.slice(0, pageSize)) found.push(kept)
  }
  cut()
  return last
}

async function* namesIn(path: string): AsyncGenerator<EntryName, void, undefined> {
  for await (const entry of entriesOf(path)) {
    // Anything else (links, sockets) is no object.
    if (entry.isDirectory()) yield `${entry.name}/`
    else if (entry.isFile()) yield entry.name
  }
}

async function* entriesOf(path: string): AsyncGenerator<Dirent, void, undefined> {
  try {
    yield* await opendir(path, { bufferSize: 1024 })
  } catch (error) {
    // It vanished, or is an object.
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
  }
}
