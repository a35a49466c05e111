import type { IncomingHttpHeaders } from 'node:http'

/** One request as a test's server saw it. Counts grow while it is under way. */
export interface RecordedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** `undefined` until there is an answer, and for good where the connection was dropped. */
  status: number | undefined
  requestBytes: number
  responseBytes: number
}
