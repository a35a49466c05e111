import { type Bytes, bytesOf, readHead } from '../../streams/index.ts'

/**
 * A body of unknown size of which as much is read as goes into one request. One that ends by then has a size; the other goes on
 * where it is when it is opened, since it may come once.
 */
export async function readAhead(body: Bytes, limit: number, signal: AbortSignal | undefined): Promise<Bytes> {
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  let waiting = true
  const chunks = async function* () {
    // What is done to a chunk once the next one is asked for is no business of the store.
    for await (const chunk of body.open(0, either)) yield waiting ? new Uint8Array(chunk) : chunk
  }
  const head = await readHead(chunks(), limit)
  waiting = false
  if (head.whole) return bytesOf(Buffer.concat(head.chunks))
  let opened = false
  return {
    open(from, reader) {
      if (opened) return body.open(from, reader)
      opened = true
      reader?.addEventListener('abort', () => stop.abort(reader.reason), { once: true })
      return head.stream()
    },
  }
}
