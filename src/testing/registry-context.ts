import { createHttpClient } from '../http/index.ts'
import type { TransportContext } from '../transports/transport.ts'

/** A transport's context without proxies, credentials or waiting: pauses take no time and are written down. */
export function openTestContext(): { context: TransportContext; retries: string[] } & AsyncDisposable {
  const retries: string[] = []
  let time = Date.UTC(2026, 0, 1)
  const http = createHttpClient({
    environment: {},
    onRetry: ({ reason }) => retries.push(reason),
    clock: {
      now: () => time,
      random: () => 0,
      async sleep(milliseconds, signal) {
        signal?.throwIfAborted()
        time += milliseconds
      },
    },
  })
  return {
    retries,
    context: {
      side: 'destination',
      http: async () => http,
      credentials: { authFile: undefined },
      tlsVerify: undefined,
      warn() {},
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}
