import type { LadingError } from '../../errors/index.ts'
import type { DirectRequest, HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import { readAll } from '../../streams/index.ts'
import type { GcsCredentials } from './credentials.ts'
import { type Refusal, readRefusal, refusalError } from './refusal.ts'

/** How often a write waits for its object after the HTTP client's own attempts: nearly two minutes in all, on average. */
const busyRounds = 8

const maxDocumentBytes = 16 * 1024 * 1024

/** Requests to one bucket, with credentials. */
export class GcsClient {
  readonly #http: HttpClient
  readonly #credentials: GcsCredentials
  readonly #bucket: string

  constructor(http: HttpClient, credentials: GcsCredentials, bucket: string) {
    this.#http = http
    this.#credentials = credentials
    this.#bucket = bucket
  }

  /** Any status is an answer, and any but an object's own bytes a document. A token that expired in mid-copy is replaced once. */
  async ask(request: HttpRequest): Promise<HttpResponse> {
    for (let renewed = false; ; renewed = true) {
      const own = await this.#credentials.headers(request.signal)
      const headers = { ...request.headers, ...own }
      const answer = await this.#http.request({ documentBytes: maxDocumentBytes, ...request, headers })
      if (answer.status !== 401 || renewed || !this.#credentials.renew(own)) return answer
      await answer.discard()
    }
  }

  /** A GET with credentials as data, for a thread of its own. */
  async locate(request: Pick<HttpRequest, 'url' | 'headers' | 'signal'>): Promise<DirectRequest | undefined> {
    const own = await this.#credentials.headers(request.signal)
    return this.#http.direct({ url: request.url, headers: { ...request.headers, ...own } })
  }

  /**
   * A request that writes an object. Google takes about one write a second of each object
   * (https://cloud.google.com/storage/quotas#objects): a 429 that outlasts the HTTP client's attempts is waited out.
   */
  async write(request: HttpRequest): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.ask(request)
      if (answer.status !== 429 || attempt > busyRounds) return answer
      const reason = 'Google takes about one write a second of an object'
      await this.#http.pause({ attempt: attempt + 2, subject: `gs://${this.#bucket}`, reason }, request.signal)
    }
  }

  /** What an answer of 400 and above says, as the error to throw. */
  async refused(answer: HttpResponse): Promise<LadingError> {
    return this.refusal(await readRefusal(answer))
  }

  refusal(refusal: Refusal): LadingError {
    return refusalError(refusal, { bucket: this.#bucket, principal: this.#credentials.principal })
  }

  /** The body of an answer below 400. @throws LadingError what it says, otherwise */
  async text(answer: HttpResponse): Promise<string> {
    if (answer.status >= 400) throw await this.refused(answer)
    return new TextDecoder().decode(await readAll(answer.body, maxDocumentBytes, 'an answer of Google Cloud Storage'))
  }
}
