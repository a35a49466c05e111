import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { systemCode } from '../../errors/index.ts'
import { compareKeys } from '../key-order.ts'

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
 * stays bounded, and a million blobs are read twelve times, which takes half a minute.
 */
export async function* directoryPages(
  path: string,
  wanted: (name: EntryName) => boolean,
  pageSize = 131_072,
): AsyncGenerator<EntryName[], void, undefined> {
  const { all, ends } = await survey(path, wanted, pageSize)
  if (all !== undefined) {
    if (all.length > 0) yield all.sort(compareKeys)
    return
  }
  let after: EntryName | undefined
  for (const end of [...ends, undefined]) {
    for (;;) {
      const { page, more } = await nextPage(path, wanted, { after, end, pageSize })
      if (page.length > 0) yield page
      // An empty page has no last name, and nothing after it either.
      after = more ? page.at(-1) : (end ?? page.at(-1))
      if (!more) break
    }
  }
}

/** All names where they fit on a page, else where each page but the last should end. */
async function survey(
  path: string,
  wanted: (name: EntryName) => boolean,
  pageSize: number,
): Promise<{ all: EntryName[] | undefined; ends: EntryName[] }> {
  let all: EntryName[] | undefined = []
  let sample: EntryName[] = []
  let stride = 1
  let count = 0
  for await (const name of namesIn(path)) {
    if (!wanted(name)) continue
    if (all !== undefined && all.push(name) > pageSize) all = undefined
    if (count++ % stride === 0 && sample.push(name) === sampleSize) {
      sample = sample.filter((_, index) => index % 2 === 0)
      stride *= 2
    }
  }
  sample.sort(compareKeys)
  const pages = Math.ceil(count / (pageSize * usualFill))
  const ends = Array.from({ length: pages - 1 }, (_, i) => sample[Math.floor(((i + 1) * sample.length) / pages)] ?? '')
  return { all, ends: [...new Set(ends)] }
}

/** The first names after one, and up to another. */
async function nextPage(
  path: string,
  wanted: (name: EntryName) => boolean,
  range: { readonly after: EntryName | undefined; readonly end: EntryName | undefined; readonly pageSize: number },
): Promise<{ page: EntryName[]; more: boolean }> {
  const { after, pageSize } = range
  const page: EntryName[] = []
  let { end } = range
  let more = false
  const cut = () => {
    page.sort(compareKeys)
    if (page.length <= pageSize) return
    page.length = pageSize
    end = page.at(-1)
    more = true
  }
  for await (const name of namesIn(path)) {
    if (after !== undefined && compareKeys(name, after) <= 0) continue
    if (end !== undefined && compareKeys(name, end) > 0) continue
    if (wanted(name) && page.push(name) === 2 * pageSize) cut()
  }
  cut()
  return { page, more }
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
