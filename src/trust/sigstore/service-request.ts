import * as v from 'valibot'
import { type ErrorCode, LadingError } from '../../errors/index.ts'
import { hideSecrets } from '../../errors/known-secrets.ts'
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'

/** A server of sigstore's that is asked for something. */
export interface Service {
  readonly http: HttpClient
  /** Its address; paths are added to it. */
  readonly url: string
  /** What it is to a user: `Fulcio`. */
  readonly name: string
}

/** The address of something that a service does. Secrets are sent there, so never in the clear to another machine. @throws LadingError `bad-argument` */
export function serviceUrl({ url, name }: Pick<Service, 'url' | 'name'>, path: string): string {
  let base: URL
  try {
    base = new URL(url)
  } catch (cause) {
    throw new LadingError('bad-argument', `the address of ${name} is no URL`, { subject: url, cause })
  }
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname)
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && isLoopback)) {
    throw new LadingError('bad-argument', `the address of ${name} does not begin with https://`, { subject: url })
  }
  base.pathname = `${base.pathname.replace(/\/+$/, '')}${path}`
  return base.href
}

/**
 * Sends a request that may be sent twice, and gives the answer and its document.
 *
 * @throws LadingError `unauthorized`, `denied`, `server-error`, `rate-limited`, `protocol-error`, and what the connection throws
 */
export async function askService(
  { http, name }: Service,
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'signal'>,
  accepted: readonly number[],
): Promise<{ readonly response: HttpResponse; readonly body: Uint8Array }> {
  const response = await http.request({
    ...request,
    idempotent: true,
    followRedirects: false,
    documentBytes: limits.tokenBytes,
  })
  const body = await readAll(response.body, limits.tokenBytes, `the answer of ${name}`)
  if (accepted.includes(response.status)) return { response, body }
  const { status } = response
  throw new LadingError(codeOf(status), `${name} answered ${status}${reasonIn(body)}`, {
    operation: 'sign',
    subject: new URL(request.url).origin,
    status,
  }).afterTrying(response.tried)
}

/** @throws LadingError `protocol-error` */
export function readAnswer<T extends v.GenericSchema>(
  schema: T,
  body: Uint8Array,
  { name, url }: Service,
): v.InferOutput<T> {
  try {
    return v.parse(schema, readJson(body))
  } catch (cause) {
    throw new LadingError('protocol-error', `${name} answered something else than its specification says`, {
      operation: 'sign',
      subject: url,
      cause,
    })
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'denied'
  if (status === 429) return 'rate-limited'
  return status >= 500 ? 'server-error' : 'protocol-error'
}

/** They say why in a field of that name. */
function reasonIn(body: Uint8Array): string {
  try {
    const { message } = v.parse(v.object({ message: v.string() }), readJson(body))
    return `: ${hideSecrets(message).slice(0, 300)}`
  } catch {
    return ''
  }
}
