import type { ByteStream, Bytes } from '../streams/index.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Bytes | Uint8Array
  readonly signal?: AbortSignal | undefined
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; a repeated header's values joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Where the answer came from, after redirects. */
  readonly url: string
  /** MUST be read to its end or cancelled. */
  readonly body: ByteStream
}

export interface HttpClient extends AsyncDisposable {
  request(request: HttpRequest): Promise<HttpResponse>
}
