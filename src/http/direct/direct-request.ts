import type { ServerRoute } from '../server-route.ts'

/** A GET as data: what another thread needs to send it. Its headers may hold secrets, and stay within the process. */
export interface DirectRequest {
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly tlsVerify: boolean
  readonly route: Pick<ServerRoute, 'ca' | 'moreCa' | 'cert' | 'key'> | undefined
}
