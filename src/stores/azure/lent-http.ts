import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'

type LoadHttp = () => Promise<HttpClient>

/** Those of the stores that are open now and ask with an identity. */
const lent = new Set<LoadHttp>()

/**
 * Lets tokens be asked for through a store's HTTP client until the store is closed.
 *
 * The SDK keeps the first HTTP client that it gets for a machine's identity as long as the process lives: longer than the store
 * that it was made for. So it gets `lentHttp`, which goes through whichever store is open.
 */
export function lendHttp(http: LoadHttp): Disposable {
  // A function of its own for each store: those of one session share theirs.
  const own = () => http()
  lent.add(own)
  return { [Symbol.dispose]: () => void lent.delete(own) }
}

export async function lentHttp(): Promise<HttpClient> {
  const newest = [...lent].at(-1)
  if (newest === undefined) throw new LadingError('interrupted', 'the store was closed')
  return await newest()
}
