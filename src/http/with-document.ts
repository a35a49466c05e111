import { isLadingError } from '../errors/index.ts'
import { bytesOf, readAll } from '../streams/index.ts'
import type { HttpRequest, HttpResponse } from './http-client.ts'
import type { NetworkFailure } from './network-failure.ts'

/** The answer with the document that it is, where one is wanted; a failure where that does not come. */
export async function withDocument(
  { documentBytes, url }: HttpRequest,
  outcome: HttpResponse | NetworkFailure,
): Promise<HttpResponse | NetworkFailure> {
  // Of an error the body is here already.
  if (documentBytes === undefined || 'error' in outcome || outcome.status >= 400) return outcome
  try {
    const kept = bytesOf(await readAll(outcome.body, documentBytes, `the answer of ${new URL(url).host}`))
    const body = { [Symbol.asyncIterator]: () => kept.open()[Symbol.asyncIterator]() }
    return { ...outcome, body, discard: async () => {} }
  } catch (error) {
    if (!isLadingError(error, 'network', 'timeout')) throw error
    return { error, retry: 'if-idempotent' }
  }
}
