import { Readable } from 'node:stream'
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'

/** What a call says beyond what the SDK knows, and the answer as it came. */
export interface S3Exchange {
  readonly signal?: AbortSignal | undefined
  /** As `HttpRequest.attempts`. */
  readonly attempts?: number | undefined
  /** Whether a successful answer's body is left to the caller, who finds it in `answer`. */
  readonly streams?: boolean | undefined
  answer?: HttpResponse
  /** Whether the request is only signed, and left in `signed`: the call then fails. */
  readonly signs?: boolean
  signed?: HttpRequest
}

/** The SDK's HttpRequest, as much of it as is read. */
interface SdkRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>> | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface SdkResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array | Readable
}

/** A page of a listing of 1000 keys of full length, with room. */
const maxAnswerBytes = limits.s3AnswerBytes

/** Carries the SDK's requests through lading's HTTP client: its retries, proxies, limits and redaction are the only ones. */
export class HttpClientHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #http: HttpClient

  constructor(http: HttpClient) {
    this.#http = http
  }

  async handle(
    request: SdkRequest,
    { exchange = {} }: { readonly exchange?: S3Exchange } = {},
  ): Promise<{ response: SdkResponse }> {
    if (exchange.signs) {
      exchange.signed = toHttp(request, exchange)
      throw new TypeError('the request was only to be signed')
    }
    const document = exchange.streams ? {} : { documentBytes: maxAnswerBytes }
    const answer = await this.#http.request({ ...toHttp(request, exchange), ...document })
    exchange.answer = answer
    const headers = Object.fromEntries(answer.headers)
    // Who streams reads the answer itself; the SDK wants a stream to pass on.
    const body =
      exchange.streams && answer.status < 300
        ? Readable.from([])
        : await readAll(answer.body, maxAnswerBytes, `the answer of ${new URL(answer.url).host}`)
    // The SDK cannot read what broke off: the status says enough.
    const isReadable = answer.status < 300 || body instanceof Readable || isDocument(body)
    return { response: { statusCode: answer.status, headers, body: isReadable ? body : new Uint8Array() } }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }
}

/** Whether an error's body is whole: JSON, or XML whose first element is closed at the end. */
function isDocument(body: Uint8Array): boolean {
  return /^\s*(<\?xml.*?\?>)?\s*(<(\w+)[\s>].*<\/\3>|\{.*\})?\s*$/s.test(new TextDecoder().decode(body))
}

/** Made by undici of the origin and the body, or meant for the SDK's own client. */
const ownHeaders: ReadonlySet<string> = new Set(['host', 'content-length', 'expect', 'user-agent'])

function toHttp(request: SdkRequest, exchange: S3Exchange): HttpRequest {
  const { protocol, hostname, port, path } = request
  const body = typeof request.body === 'string' ? new TextEncoder().encode(request.body) : request.body
  return {
    // the methods of S3 and of STS
    method: request.method as HttpRequest['method'],
    url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${queryOf(request.query)}`,
    headers: Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !ownHeaders.has(name.toLowerCase())),
    ),
    ...(body instanceof Uint8Array ? { body } : {}),
    signal: exchange.signal,
    ...(exchange.attempts === undefined ? {} : { attempts: exchange.attempts }),
    // Nothing that is asked of S3 by POST does harm when it is asked twice.
    idempotent: true,
    // A redirect of S3 is an error that names a region: the request must be signed anew for it.
    followRedirects: false,
  }
}

/** Escaped as it was signed: RFC 3986's unreserved characters alone stay. */
function queryOf(query: SdkRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(one =>
      one === null ? encoded(name) : `${encoded(name)}=${encoded(one)}`,
    ),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
