import type { LadingError } from '../../errors/index.ts'
import type { DirectRequest, HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'
import type { GcsCredentials } from './credentials.ts'
import { type Refusal, readRefusal, refusalError } from './refusal.ts'

/** How often a write is sent to an object that takes no more: nearly two minutes in all, on average. */
const busyAttempts = 12

const maxDocumentBytes = limits.gcsAnswerBytes

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
   * (https://cloud.google.com/storage/quotas#objects): a 429 is waited out for longer than elsewhere.
   */
  write(request: HttpRequest): Promise<HttpResponse> {
    return this.ask({ busyAttempts, ...request })
  }

  /** Waits before something is sent again that was changed on the way. */
  async pause(attempt: number, reason: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#http.pause({ attempt, subject: `gs://${this.#bucket}`, reason }, signal)
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
