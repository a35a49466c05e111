import type { gaxios } from 'google-auth-library'
import type { HttpClient, HttpMethod } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'

const maxAnswerBytes = limits.tokenBytes

/** What Google's library sends its requests with: our HTTP client, so that proxies, TLS, retries and redaction are the same everywhere. */
export function googleTransport({ gaxios }: typeof import('google-auth-library'), http: HttpClient): gaxios.Gaxios {
  const transport = new gaxios.Gaxios({
    fetchImplementation: (input, init) => sendAsFetch(http, new Request(input, init)),
  })
  transport.interceptors.request.add({
    resolved: async options => {
      // One policy of retries, and it is the HTTP client's. Each call of the library brings its own, which a default would not undo.
      options.retry = false
      delete options.retryConfig
      return options
    },
  })
  return transport
}

async function sendAsFetch(http: HttpClient, request: Request): Promise<Response> {
  const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  const answer = await http.request({
    // These are the methods of questions for tokens.
    method: request.method as HttpMethod,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    ...(body === undefined ? {} : { body }),
    // A token that is asked for twice is two tokens.
    idempotent: true,
    signal: request.signal,
  })
  const content = await readAll(answer.body, maxAnswerBytes, 'an answer about credentials')
  return new Response(answer.status === 204 ? null : Buffer.from(content), {
    status: answer.status,
    headers: [...answer.headers],
  })
}
