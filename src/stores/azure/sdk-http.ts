import { Readable } from 'node:stream'
import type {
  createHttpHeaders,
  PipelineRequest,
  PipelineResponse,
  HttpClient as SdkHttpClient,
} from '@azure/core-rest-pipeline'
import type { HttpOperationResponse, IHttpClient, WebResource } from '@azure/storage-blob'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient, HttpMethod } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'
import { triedHeader } from './refusal.ts'

/** A page of a listing is about a megabyte; the list of 50 000 blocks with their names is eight. */
const maxAnswerBytes = limits.azureAnswerBytes

type LoadHttp = () => Promise<HttpClient>

/** The storage client's requests over our HTTP client: its retries, proxies, TLS and limits count, and no others. */
export function storageHttpClient(http: LoadHttp): IHttpClient {
  return {
    async sendRequest(request: WebResource): Promise<HttpOperationResponse> {
      const { headers, ...answer } = await send(http, request, request.headers.rawHeaders())
      // The SDK does not export its class of headers, but every request has one.
      const bag = request.headers.clone()
      for (const name of bag.headerNames()) bag.remove(name)
      for (const [name, value] of headers) bag.set(name, value)
      return { ...answer, headers: bag, request }
    },
  }
}

/** The same for the client that gets tokens. */
export function identityHttpClient(http: LoadHttp, makeHeaders: typeof createHttpHeaders): SdkHttpClient {
  return {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const { headers, ...answer } = await send(http, request, request.headers.toJSON())
      return { ...answer, headers: makeHeaders(Object.fromEntries(headers)), request }
    },
  }
}

interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly bodyAsText?: string
  readonly readableStreamBody?: Readable
}

async function send(
  loadHttp: LoadHttp,
  request: Pick<PipelineRequest, 'url' | 'method' | 'body' | 'abortSignal' | 'timeout' | 'streamResponseStatusCodes'>,
  allHeaders: Readonly<Record<string, string>>,
): Promise<Answer> {
  const http = await loadHttp()
  // Content is not decompressed on its way, so none may come compressed.
  const headers = Object.entries(allHeaders).filter(([name]) => name.toLowerCase() !== 'accept-encoding')
  const body = bytesOfBody(request.body)
  const streamed = request.streamResponseStatusCodes
  const response = await http.request({
    method: methodOf(request.method),
    url: request.url,
    headers: Object.fromEntries(headers),
    signal: signalOf(request),
    ...(body === undefined ? {} : { body }),
    ...(streamed === undefined || streamed.size === 0 ? { documentBytes: maxAnswerBytes } : {}),
  })
  const { status, tried } = response
  // The SDK passes on nothing of an answer but what HTTP has. That one header is ours, whatever the server says.
  const answered = new Map(response.headers)
  if (tried === undefined) answered.delete(triedHeader)
  else answered.set(triedHeader, JSON.stringify(tried))
  if (streamed?.has(status) || streamed?.has(Number.POSITIVE_INFINITY)) {
    return { status, headers: answered, readableStreamBody: Readable.from(response.body) }
  }
  const content = await readAll(response.body, maxAnswerBytes, 'the answer')
  return { status, headers: answered, bodyAsText: new TextDecoder().decode(content) }
}

const methods: ReadonlySet<string> = new Set<HttpMethod>(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

function isMethod(method: string): method is HttpMethod {
  return methods.has(method)
}

function methodOf(method: string): HttpMethod {
  if (isMethod(method)) return method
  throw new LadingError('internal', `the Azure client sends a ${method} request`)
}

function bytesOfBody(body: PipelineRequest['body']): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof Uint8Array) return body
  throw new LadingError('internal', 'the Azure client sends a body of an unknown kind')
}

/** The SDK has an interface of its own for signals; what it passes on is ours, or one that it made itself. */
function signalOf({ abortSignal, timeout }: Pick<PipelineRequest, 'abortSignal' | 'timeout'>): AbortSignal | undefined {
  const signals = [
    ...(abortSignal === undefined ? [] : [asAbortSignal(abortSignal)]),
    ...(timeout > 0 ? [AbortSignal.timeout(timeout)] : []),
  ]
  return signals.length > 1 ? AbortSignal.any(signals) : signals[0]
}

function asAbortSignal(signal: NonNullable<PipelineRequest['abortSignal']>): AbortSignal {
  if (signal instanceof AbortSignal) return signal
  const controller = new AbortController()
  if (signal.aborted) controller.abort()
  else signal.addEventListener('abort', () => controller.abort())
  return controller.signal
}
