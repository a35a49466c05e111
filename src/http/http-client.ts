import type { Tried } from '../errors/index.ts'
import type { ByteStream, Bytes } from '../streams/index.ts'
import type { DirectRequest } from './direct/direct-request.ts'
import type { ServerRoute } from './server-route.ts'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface HttpRequest {
  readonly method: HttpMethod
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Opened anew for every attempt. What it throws comes out of `request` unchanged, and the request never completes. */
  readonly body?: Bytes | Uint8Array
  readonly signal?: AbortSignal | undefined
  /** `false`: accept any certificate from this server and from those it redirects to. */
  readonly tlsVerify?: boolean | undefined
  readonly route?: ServerRoute | undefined
  /** How long the other side may be silent, where that is no failure: one that collects gigabytes before it answers. Default: the policy's. */
  readonly silenceMs?: number
  /** How often it may be sent at most. Default: the policy's. 1 for a question whose failure is an answer. */
  readonly attempts?: number
  /** The same where it is answered 429, by who takes one at a time. Default: as often as otherwise. */
  readonly busyAttempts?: number
  /** Whether sending it twice does no harm. Default: true for all but POST and PATCH. */
  readonly idempotent?: boolean
  /** The URL of the server that has named this one: it is asked only if that server may redirect to it. Default: nobody has. */
  readonly namedBy?: string
  /**
   * The answer is a document of so many bytes at most, and wanted whole: it is read before it is given, so that one that breaks off is
   * asked for again as one that never came. Default: the body comes as a stream, and who reads it goes on where it broke off.
   */
  readonly documentBytes?: number | undefined
  /** `false`: a redirect is an answer like any other. Default: those of GET and HEAD are followed. */
  readonly followRedirects?: boolean
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; a repeated header's values joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Where the answer came from, after redirects. */
  readonly url: string
  /**
   * MUST be read to its end, left early, or discarded: it holds a connection. Throws `network` where the connection ends before
   * the content does. Of an error (400 and above) the first 64 KiB are kept and no connection is held.
   */
  readonly body: ByteStream
  /** Of an answer that says "not now": it was asked for as often as is of use. Who makes an error of it says so. */
  readonly tried?: Tried | undefined
  /** Gives the connection back without reading the body. */
  discard(): Promise<void>
}

/** A wait between two attempts. */
export interface Pause {
  /** The attempt that failed, counted from 1. */
  readonly attempt: number
  /** What is tried again, without secrets. */
  readonly subject: string
  readonly reason: string
  /** What the server asked for. */
  readonly retryAfterMs?: number | undefined
  /** A request is to be sent again after it: once requests are not tried again any more there is no pause, and it is given up. */
  readonly again?: true
}

export interface RetryEvent {
  readonly subject: string
  /** The attempt that failed, counted from 1. */
  readonly attempt: number
  readonly waitMs: number
  readonly reason: string
}

/** A request that was sent, and what came of it. A redirect that is followed is a request of its own. */
export interface RequestEvent {
  readonly method: HttpMethod
  /** Without secrets. */
  readonly url: string
  /** Until the headers of the answer had come, or it had failed. */
  readonly milliseconds: number
  readonly status?: number
  /** Why there was no answer. */
  readonly failure?: string
}

/**
 * The one way in which lading speaks HTTP: pools, retries, redirects, proxies, TLS and timeouts are decided here and nowhere else.
 *
 * Disposing of it ends what is under way with `interrupted`: nothing is left that keeps the process alive.
 */
export interface HttpClient extends AsyncDisposable {
  /**
   * Sends a request, following redirects of GET and HEAD, and trying again what can be tried again. Any status is an answer,
   * except a stated pull limit.
   *
   * @throws LadingError `network`, `timeout`, `tls`, `protocol-error`, or `rate-limited` where a pull limit is used up
   */
  request(request: HttpRequest): Promise<HttpResponse>

  /** A GET as data, for a thread of its own. `undefined` where only this client can send it: a proxy or a socket is in between. */
  direct(request: Pick<HttpRequest, 'url' | 'headers' | 'tlsVerify' | 'route'>): DirectRequest | undefined

  /**
   * Waits as `request` does between attempts, for work that spans several requests, and reports it. `false`, and it did not wait: the
   * server asks for a wait that is too long, or, with `again`, requests are not tried again any more.
   */
  pause(pause: Pause, signal?: AbortSignal): Promise<boolean>
}
