import { isLadingError, LadingError } from '../errors/index.ts'
import type { HttpClient } from '../http/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type ByteRange, type ByteStream, partOfStream } from '../streams/index.ts'
import type { ImageSource } from '../transports/index.ts'
import { streamAt } from './sides.ts'

/**
 * The same source; a layer that it does not have comes from where its descriptor's `urls` say. So it is with foreign layers, which whoever
 * pushes an image may not be allowed to give away: OCI image specification, layer.md, "Non-Distributable Layers".
 *
 * Nothing of what is known of the source (credentials, certificates) is shown to those places.
 */
export function withForeignLayers(source: ImageSource, http: () => Promise<HttpClient>): ImageSource {
  const { origin, locate } = source
  const isElsewhere = ({ urls }: Node) => urls !== undefined && urls.length > 0
  return {
    ...source,
    // what is kept elsewhere is found by reading it
    ...(origin === undefined ? {} : { origin: node => (isElsewhere(node) ? undefined : origin.call(source, node)) }),
    ...(locate === undefined
      ? {}
      : { locate: async (node, signal) => (isElsewhere(node) ? undefined : await locate.call(source, node, signal)) }),
    fetch(node, range, signal) {
      if (!isElsewhere(node)) return source.fetch(node, range, signal)
      const elsewhere = (node.urls ?? []).map(url => fetchUrl(url, http, range, signal))
      const places = [source.fetch(node, range, signal), ...elsewhere]
      return streamAt(() => firstThatHas(node, places, signal), source.name, `read ${node.kind}`)
    },
  }
}

/** Streams are opened when they are read: those behind the first that has the content are never asked. */
async function* firstThatHas(
  { digest }: Node,
  places: readonly ByteStream[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const refusals: LadingError[] = []
  for (const place of places) {
    let begun = false
    try {
      for await (const chunk of place) {
        begun = true
        yield chunk
      }
      return
    } catch (error) {
      if (begun || signal?.aborted || !isLadingError(error)) throw error
      refusals.push(error)
    }
  }
  // one that could not be asked may have it
  const unanswered = refusals.find(({ code }) => code !== 'blob-not-found')
  if (unanswered !== undefined) throw unanswered
  const [missing, ...others] = refusals.map(({ message }) => message)
  throw new LadingError('blob-not-found', `${missing}; ${others.join('; ')}`, {
    hint: `${digest} is a foreign layer, kept elsewhere: a copy from registry to registry leaves it there`,
    cause: refusals,
  })
}

async function* fetchUrl(
  url: string,
  http: () => Promise<HttpClient>,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new LadingError('blob-not-found', `${url} is no address that can be asked`)
  const { requireHarmless } = await import('../http/reach.ts')
  requireHarmless(undefined, new URL(url))
  const end = range?.end === undefined ? '' : range.end - 1
  const headers = range === undefined ? {} : { range: `bytes=${range.start}-${end}` }
  const response = await (await http()).request({ method: 'GET', url, headers, signal })
  const isPart = range !== undefined && response.status === 206
  if (!isPart && response.status !== 200) {
    await response.discard()
    throw new LadingError('blob-not-found', `${new URL(url).host} answered ${response.status}`)
  }
  yield* isPart ? response.body : partOfStream(response.body, range)
}
