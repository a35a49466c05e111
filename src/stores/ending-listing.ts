import { LadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'
import type { ListEntry } from './object-store.ts'

/**
 * A listing as long as it goes on: a server that begins anew would be listened to for ever. An entry is compared with one before it, which
 * is now and then a later one, so every circle is found and no entry is kept (Brent).
 *
 * @throws LadingError `protocol-error` for a circle, and for what is not below the prefix: somebody may be about to delete it
 */
export async function* endingListing(
  entries: AsyncIterable<ListEntry>,
  prefix: string,
): AsyncGenerator<ListEntry, void, undefined> {
  let mark: string | undefined
  let count = 0
  for await (const entry of entries) {
    const name = entry.kind === 'prefix' ? entry.prefix : entry.info.key
    if (name === mark) throw new LadingError('protocol-error', `the listing goes in a circle: ${name} comes again`)
    if (!name.startsWith(prefix))
      throw new LadingError('protocol-error', `the server lists ${name}, which was not asked for`)
    count += 1
    if ((count & (count - 1)) === 0) mark = name
    yield entry
  }
}

/**
 * Counts pages that hold nothing: some there may be, where much was deleted.
 *
 * @throws LadingError `too-large`, from what it returns, where one follows another without end
 */
export function createPageCheck(): (entries: number) => void {
  let empty = 0
  return entries => {
    empty = entries === 0 ? empty + 1 : 0
    if (empty < limits.emptyPages) return
    throw new LadingError('too-large', `the listing does not end: ${empty} pages in a row hold nothing`)
  }
}
