import type { TransportContext } from '../transports/transport.ts'
import { openHttpTestClient } from './http-test-client.ts'

/** A transport's context without proxies, credentials or waiting, and why its requests were repeated. */
export function openTestContext(): { context: TransportContext; retries: string[] } & AsyncDisposable {
  const client = openHttpTestClient()
  return {
    retries: client.reasons,
    context: {
      side: 'destination',
      http: async () => client.http,
      credentials: { authFile: undefined },
      tlsVerify: undefined,
      system: { os: 'linux', architecture: 'amd64' },
      cloud: {},
      environment: {},
      warn() {},
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}
