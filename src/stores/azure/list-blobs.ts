import type { BlobItem, BlobPrefix, ContainerClient } from '@azure/storage-blob'
import { createPageCheck } from '../ending-listing.ts'
import { compareKeys } from '../key-order.ts'
import type { ListEntry, ListOptions } from '../object-store.ts'
import { abortable } from './abortable.ts'
import { blobInfo } from './blob-info.ts'
import { understoodPages } from './understood.ts'

const pageSize = 1000

interface Page {
  readonly segment: { readonly blobItems: readonly BlobItem[]; readonly blobPrefixes?: readonly BlobPrefix[] }
}

/**
 * `root` is what stands before every key of the store.
 *
 * Azure can begin a listing only where an earlier page of its own has ended, so what comes before `startAfter` is read and left out.
 */
export async function* listBlobs(
  container: ContainerClient,
  root: string,
  prefix: string,
  { delimiter, startAfter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  const options = { prefix: root + prefix, ...abortable(signal) }
  const listing =
    delimiter === undefined
      ? container.listBlobsFlat(options).byPage({ maxPageSize: pageSize })
      : container.listBlobsByHierarchy(delimiter, options).byPage({ maxPageSize: pageSize })
  const checkPage = createPageCheck()
  let folded: string | undefined
  for await (const page of understoodPages<Page>(listing)) {
    const entries = entriesOf(page, root)
    checkPage(entries.filter(entry => nameOf(entry) !== folded).length)
    for (const entry of entries) {
      const name = nameOf(entry)
      if (startAfter !== undefined && compareKeys(name, startAfter) <= 0) {
        // Of what a prefix stands for, a part may come behind the start that lies within.
        if (entry.kind === 'object' || !startAfter.startsWith(name)) continue
        if (!(await hasAny(listBlobs(container, root, name, { startAfter, signal })))) continue
      }
      // A page may end inside what a prefix stands for.
      if (entry.kind === 'prefix' && name === folded) continue
      if (entry.kind === 'prefix') folded = name
      yield entry
    }
  }
}

/** A page gives prefixes and objects apart. */
function entriesOf({ segment }: Page, root: string): ListEntry[] {
  const objects = segment.blobItems.map(
    ({ name, properties }): ListEntry => ({
      kind: 'object',
      info: blobInfo(name.slice(root.length), properties.contentLength ?? 0, properties),
    }),
  )
  const prefixes = (segment.blobPrefixes ?? []).map(
    ({ name }): ListEntry => ({ kind: 'prefix', prefix: name.slice(root.length) }),
  )
  return [...objects, ...prefixes].sort((a, b) => compareKeys(nameOf(a), nameOf(b)))
}

function nameOf(entry: ListEntry): string {
  return entry.kind === 'prefix' ? entry.prefix : entry.info.key
}

async function hasAny(entries: AsyncIterable<ListEntry>): Promise<boolean> {
  for await (const _ of entries) return true
  return false
}
