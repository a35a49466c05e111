import { isLadingError, LadingError } from '../../errors/index.ts'
import { defaultRetryPolicy, type HttpResponse } from '../../http/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { digestParts } from '../../model/digest.ts'
import { type Bytes, leastProgressBytes } from '../../streams/index.ts'
import { type BlobAddress, hasBlob } from './blobs.ts'
import type { Question } from './registry-client.ts'
import { withDigest } from './upload-location.ts'
import { abortUpload, beginUpload, movedSession, receivedBytes, type UploadSession } from './upload-session.ts'

/** Chunks are not made smaller than this, however often a registry says 413. */
const chunkFloorBytes = 1024 * 1024
/** Breaks without a byte between them after which a session is begun anew. */
const failuresOfSession = 2

/** Bytes that can be sent, again too: from an offset up to another. What is before them is not to be had any more. */
export interface Sendable {
  readonly start: number
  readonly end: number
  /** Throws what the bytes themselves threw: an upload that fails for that is not tried again. */
  throwIfFailed?(): void
}

/** The session, or what it has, is not what we thought: to be asked about, not to be blamed on anyone yet. */
class OutOfStep extends Error {
  readonly refusal: LadingError

  constructor(refusal: LadingError) {
    super('the registry has another state of the upload')
    this.refusal = refusal
  }
}

/** The requests of one upload, and where it stands. Whoever drives it has the bytes. */
export class UploadSteps {
  /** What the registry has, in bytes. */
  offset = 0
  /** The registry takes no PATCH: the whole blob goes with the request that finishes it. */
  withoutPatch = false
  readonly #address: BlobAddress
  readonly #subject: string
  readonly #signal: AbortSignal | undefined
  #session: UploadSession | undefined
  /** One that the registry has begun by itself, and that nothing was sent to. */
  #begun: UploadSession | undefined

  constructor(
    address: BlobAddress,
    subject: string,
    begun: UploadSession | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#address = address
    this.#subject = subject
    this.#begun = begun
    this.#signal = signal
  }

  /** Goes on with what another process has sent. Returns whether the registry still has any of it. */
  async goOn(session: UploadSession, size: number): Promise<boolean> {
    // The other one may have been allowed to do without TLS.
    if (session.location.startsWith('http:') && !this.#address.client.session.allowsPlainHttp) return false
    this.#session = session
    try {
      await this.#synchronise({ start: 0, end: size })
    } catch (error) {
      if (!isLadingError(error)) throw error
      await this.abandon()
    }
    return this.#session !== undefined
  }

  /** The session as it is now, begun where there is none. */
  async begin(): Promise<UploadSession> {
    if (this.#session !== undefined) return this.#session
    this.offset = 0
    this.#session = this.#begun ?? (await beginUpload(this.#address, this.#subject, this.#signal))
    this.#begun = undefined
    return this.#session
  }

  /**
   * Does `advance` until it succeeds, after breaks from where the registry stands, as long as bytes get through between them.
   *
   * @throws what the bytes threw; the last failure, once it is hopeless or what the registry lacks is not to be had any more
   */
  async persist<T>(sendable: Sendable, advance: () => Promise<T>): Promise<T> {
    const { http } = this.#address.client.session
    let failures = 0
    let furthest = this.offset
    let began = Date.now()
    let isAnew = false
    let last: LadingError | undefined
    for (;;) {
      try {
        if ((isAnew || failures > failuresOfSession) && sendable.start === 0) await this.abandon()
        else if (failures > 0) await this.#synchronise(sendable)
        if (last !== undefined && this.#session === undefined && sendable.start > 0) throw last
        return await advance()
      } catch (error) {
        sendable.throwIfFailed?.()
        this.#signal?.throwIfAborted()
        if (error === last) throw last
        if (!(error instanceof OutOfStep || isLadingError(error, 'network', 'timeout', 'server-error'))) throw error
        last = error instanceof OutOfStep ? error.refusal : error
        // What a request was given up for is not tried again, but where the session itself may be what the registry fails at.
        const isOfSession = last.code === 'server-error' && this.#session !== undefined
        if (last.tried !== undefined && (isAnew || !isOfSession)) throw last
        if (last.tried !== undefined) isAnew = true
        const gotOn = this.offset - furthest >= leastProgressBytes
        if (failures === 0 || gotOn) began = Date.now()
        failures = gotOn ? 1 : failures + 1
        furthest = Math.max(furthest, this.offset)
        if (failures === defaultRetryPolicy.attempts)
          throw last.afterTrying({ attempts: failures, milliseconds: Date.now() - began })
        const subject = `upload of ${this.#subject}`
        const { retryAfterMs } = last
        if (!(await http.pause({ attempt: failures, subject, reason: error.message, retryAfterMs }, this.#signal))) {
          throw last.afterTrying({ attempts: failures, milliseconds: Date.now() - began, askedMs: retryAfterMs })
        }
      }
    }
  }

  /** The most that one request may have, of so many bytes that are left. */
  chunkLength(left: number, session: UploadSession): number {
    return Math.min(left, Math.max(this.#address.client.maxChunkBytes, session.minChunkBytes))
  }

  /** Sends the next bytes. `streamed`: they are the whole blob, and have no Content-Range, the form that every registry knows. */
  async sendChunk(body: Bytes | Uint8Array, length: number, streamed: boolean): Promise<void> {
    const session = await this.begin()
    const end = this.offset + length
    const range = streamed ? undefined : { 'content-range': `${this.offset}-${end - 1}` }
    const headers = { 'content-type': 'application/octet-stream', ...range }
    const response = await this.#ask(
      { method: 'PATCH', target: session.location, headers, body },
      [200, 201, 202, 204, 404, 405, 413, 416, 501],
    )
    await response.discard()
    switch (response.status) {
      case 404:
      case 416:
        throw new OutOfStep(await this.#refusal(response))
      case 405:
      case 501:
        this.withoutPatch = true
        return
      case 413:
        return this.#shrinkChunks(length, session, response)
      default: {
        const received = receivedBytes(response)
        const partial = received !== undefined && received > this.offset && received < end
        this.offset = partial ? received : end
        this.#session = movedSession(this.#address, session, response)
      }
    }
  }

  /** Makes the bytes a blob, `body` with those before them. */
  async finish(blob: Pick<Descriptor, 'digest' | 'size'>, body?: Bytes | Uint8Array): Promise<void> {
    const { location } = await this.begin()
    const response = await this.#ask(
      {
        method: 'PUT',
        target: withDigest(location, blob.digest),
        headers: { 'content-type': 'application/octet-stream' },
        ...(body === undefined ? {} : { body }),
      },
      [200, 201, 204, 404, 416],
    )
    await response.discard()
    if (response.status === 404 || response.status === 416) {
      // An answer may be lost after the registry has done its work; then the session is gone and the blob is there.
      if (await hasBlob(this.#address, blob, this.#signal)) return
      throw new OutOfStep(await this.#refusal(response))
    }
    const stored = response.headers.get('docker-content-digest')
    // A registry may name it by an algorithm of its own.
    if (stored?.startsWith(`${digestParts(blob.digest).algorithm}:`) && stored !== blob.digest) {
      throw new LadingError('protocol-error', `the registry stored ${stored} where ${blob.digest} was sent`)
    }
  }

  /** Where it goes on. `undefined`: it is not begun. */
  get session(): UploadSession | undefined {
    return this.#session
  }

  async abandon(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.withoutPatch = false
    if (session !== undefined) await abortUpload(this.#address, session)
  }

  /** Nothing more is sent. What was begun and not used is given up. */
  async close(): Promise<void> {
    const begun = this.#begun
    this.#begun = undefined
    if (begun !== undefined) await abortUpload(this.#address, begun)
  }

  async #shrinkChunks(refused: number, session: UploadSession, response: HttpResponse): Promise<void> {
    const floor = Math.max(chunkFloorBytes, session.minChunkBytes)
    if (refused <= floor) throw await this.#refusal(response)
    const { client } = this.#address
    client.maxChunkBytes = Math.min(client.maxChunkBytes, Math.max(floor, Math.ceil(refused / 2)))
  }

  /** Asks how much the registry has. Where it cannot tell, or lacks what is not to be had, nothing can be built on that. */
  async #synchronise({ start, end }: Sendable): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    const response = await this.#ask({ method: 'GET', target: session.location }, [200, 202, 204, 400, 404, 405, 416])
    await response.discard()
    const received = response.status < 300 ? receivedBytes(response) : undefined
    if (received === undefined || received > end || received < start) return this.abandon()
    this.offset = received
    this.#session = movedSession(this.#address, session, response)
  }

  #ask(
    request: Pick<Question, 'method' | 'target' | 'headers' | 'body'>,
    expected: readonly number[],
  ): Promise<HttpResponse> {
    const { client } = this.#address
    return client.ask({ ...request, ...this.#asked(), expected, signal: this.#signal })
  }

  #refusal(response: HttpResponse): Promise<LadingError> {
    return this.#address.client.refusal(response, this.#asked())
  }

  #asked(): Pick<Question, 'access' | 'subject'> {
    return { access: [this.#address.access], subject: this.#subject }
  }
}
