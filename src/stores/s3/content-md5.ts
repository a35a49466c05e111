import { hash } from 'node:crypto'
import type { S3 } from '@aws-sdk/client-s3'

/**
 * Guards the list of a DeleteObjects request by Content-MD5, which every server knows and many demand. The SDK sends a CRC32 in its
 * place, which only AWS and newer servers take.
 */
export function guardDeletions(client: S3): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        const { request } = args
        if (commandName === 'DeleteObjectsCommand' && hasText(request)) {
          const others = Object.entries(request.headers).filter(([name]) => !/^x-amz-(sdk-)?checksum-/i.test(name))
          request.headers = { ...Object.fromEntries(others), 'content-md5': hash('md5', request.body, 'base64') }
        }
        return await next(args)
      },
    // behind the SDK's own
    { step: 'build', priority: 'low', name: 'guardDeletions' },
  )
}

function hasText(request: unknown): request is { headers: Record<string, string>; body: string | Uint8Array } {
  return (
    typeof request === 'object' &&
    request !== null &&
    'headers' in request &&
    'body' in request &&
    (typeof request.body === 'string' || request.body instanceof Uint8Array)
  )
}
