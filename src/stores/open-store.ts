import { LadingError } from '../errors/index.ts'
import type { HttpClient } from '../http/index.ts'
import { checkedStore } from './checked-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { CloudOptions, StoreContext } from './store-context.ts'
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
 * @param context what stores of one operation share; without it the store has an HTTP client of its own, which goes with it
 * @example
 * await using store = await openStore({ scheme: 'local', root: './images' })
 * const info = await store.put('hello', new TextEncoder().encode('world'), { ifNoneMatch: '*' })
 *
 * @throws LadingError `bad-argument` for a scheme that nobody knows, `unsupported` where its package is not installed
 */
export async function openStore(
  { scheme, root, ...cloud }: StoreLocation & CloudOptions,
  context?: StoreContext,
): Promise<ObjectStore> {
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (open === undefined) {
    throw new LadingError('bad-argument', `there is no store for ${JSON.stringify(scheme)}`, {
      hint: `the schemes are ${Object.keys(stores).join(', ')}`,
    })
  }
  if (context !== undefined) return checkedStore(await open(root, { ...context, http: () => clientOf(context) }))
  const own = ownContext(cloud)
  return checkedStore(await open(root, own.context), own.close)
}

/** The context's client; what the user said of certificates holds for every request that a driver makes. */
async function clientOf({ http, tlsVerify }: StoreContext): Promise<HttpClient> {
  const client = await http()
  if (tlsVerify === undefined) return client
  return {
    request: request => client.request({ tlsVerify, ...request }),
    direct: request => client.direct({ tlsVerify, ...request }),
    pause: (pause, signal) => client.pause(pause, signal),
    // It is shared: whoever made it closes it.
    [Symbol.asyncDispose]: async () => {},
  }
}

function ownContext(cloud: CloudOptions): { context: StoreContext; close: () => Promise<void> } {
  let client: Promise<HttpClient> | undefined
  return {
    context: {
      http() {
        client ??= import('../http/index.ts').then(({ createHttpClient }) => createHttpClient())
        return client
      },
      cloud,
      environment: process.env,
      warn: () => {},
    },
    close: async () => (await client)?.[Symbol.asyncDispose](),
  }
}
