import { createHttpClient, type HttpClient, type HttpClientOptions } from '../http/index.ts'

export interface HttpTestClient extends AsyncDisposable {
  readonly http: HttpClient
  /** The pauses between attempts, in milliseconds. */
  readonly waits: number[]
  /** Why attempts were repeated. */
  readonly reasons: string[]
}

/** A client without proxies whose pauses take no time and are written down. Chance is always one half; it is the first of January 2026. */
export function openHttpTestClient(options: HttpClientOptions = {}): HttpTestClient {
  const waits: number[] = []
  const reasons: string[] = []
  let time = Date.UTC(2026, 0, 1)
  const http = createHttpClient({
    environment: {},
    onRetry: ({ reason }) => reasons.push(reason),
    clock: {
      now: () => time,
      random: () => 0.5,
      async sleep(milliseconds, signal) {
        signal?.throwIfAborted()
        waits.push(milliseconds)
        time += milliseconds
      },
    },
    ...options,
  })
  return { http, waits, reasons, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() }
}
