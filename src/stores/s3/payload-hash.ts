import { subtle } from 'node:crypto'
import type { S3 } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'

/** SHA-256 of bodies that is known before they are sent: of content, its digest. Keyed by the body itself. */
export type KnownHashes = WeakMap<Uint8Array, string>

/**
 * Signs every body with its own hash, so that the server refuses bytes that changed on the way. Where the hash is not known it is
 * computed off the main thread, which the SDK would not do.
 */
export function signPayloads(client: S3, known: KnownHashes): void {
  client.middlewareStack.add(
    next => async args => {
      const { request } = args
      if (hasBytes(request)) {
        request.headers['x-amz-content-sha256'] ??= known.get(request.body) ?? (await sha256(request.body))
      }
      return await next(args)
    },
    { step: 'build', name: 'signPayloads' },
  )
}

function hasBytes(request: unknown): request is { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> } {
  return (
    typeof request === 'object' &&
    request !== null &&
    'headers' in request &&
    'body' in request &&
    request.body instanceof Uint8Array
  )
}

/** Each has a copy of its bytes while it runs, on top of the memory that is counted, and one alone is faster than most networks. */
const oneByOne = pLimit(1)

function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return oneByOne(async () => Buffer.from(await subtle.digest('SHA-256', bytes)).toString('hex'))
}
