import { LadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'

/**
 * The body of an answer, which must have `length` bytes. Left early, or never begun, it gives its connection back.
 *
 * Not a generator: `return` of one that was never started would not reach the connection.
 */
export function responseBody(answer: HttpResponse, length: number): AsyncIterableIterator<Uint8Array> {
  const inner = exactly(answer, length)
  let started = false
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      started = true
      return await inner.next()
    },
    async return() {
      if (!started) await answer.discard()
      return await inner.return()
    },
  }
}

async function* exactly({ body, url }: HttpResponse, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  let passed = 0
  for await (const chunk of body) {
    passed += chunk.byteLength
    if (passed > length) break
    yield chunk
  }
  if (passed !== length) {
    throw new LadingError('network', `${new URL(url).host} sent ${passed} of ${length} bytes`)
  }
}
