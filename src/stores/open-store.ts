import { LadingError } from '../errors/index.ts'
import { checkedStore } from './checked-store.ts'
import type { ObjectStore } from './object-store.ts'
import { stores } from './table.ts'

/** Where a store is: `{ scheme: 'local', root: './images' }`. */
export interface StoreLocation {
  readonly scheme: string
  /** A directory, or a bucket's name and prefix. */
  readonly root: string
}

/**
 * Opens a store. Nothing is created before the first write.
 *
 * @example
 * await using store = await openStore({ scheme: 'local', root: './images' })
 * const info = await store.put('hello', new TextEncoder().encode('world'), { ifNoneMatch: '*' })
 *
 * @throws LadingError `bad-argument` for a scheme that nobody knows, `unsupported` for one without a store yet
 */
export async function openStore({ scheme, root }: StoreLocation): Promise<ObjectStore> {
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (open === undefined) {
    throw new LadingError('bad-argument', `there is no store for ${JSON.stringify(scheme)}`, {
      hint: `the schemes are ${Object.keys(stores).join(', ')}`,
    })
  }
  return checkedStore(await open(root))
}
