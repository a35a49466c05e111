import { isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { digestParts } from '../../model/digest.ts'
import { type Bytes, readAll } from '../../streams/index.ts'
import { type BlobAddress, hasBlob } from './blobs.ts'
import type { Question } from './registry-client.ts'
import { withDigest } from './upload-location.ts'
import { UploadReader } from './upload-reader.ts'
import { abortUpload, beginUpload, movedSession, receivedBytes, type UploadSession } from './upload-session.ts'

/** A blob as small is read whole, and so checked, before it is sent: then one request does for the two of a stream. */
const singleRequestBytes = 256 * 1024
/** Chunks are not made smaller than this, however often a registry says 413. */
const chunkFloorBytes = 1024 * 1024
/** Breaks without a byte between them after which a session is begun anew, and after which the upload is given up. */
const failuresOfSession = 2
const failuresOfUpload = 5

/**
 * Stores a blob, in `begun` where an upload of it has begun already.
 *
 * Sent as one stream, or in chunks where the registry takes none as large; the request that makes it a blob goes out when every
 * byte has been read to its end. Broken off, it goes on where the registry says that it stopped.
 *
 * @throws LadingError; what `bytes` throws, unchanged, and then the blob is not there
 */
export async function uploadBlob(
  address: BlobAddress,
  blob: Descriptor,
  bytes: Bytes,
  begun: UploadSession | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new BlobUpload(address, blob, bytes, begun, signal).run()
}

/** The session, or what it has, is not what we thought: to be asked about, not to be blamed on anyone yet. */
class OutOfStep extends Error {
  readonly refusal: LadingError

  constructor(refusal: LadingError) {
    super('the registry has another state of the upload')
    this.refusal = refusal
  }
}

class BlobUpload {
  readonly #address: BlobAddress
  readonly #blob: Descriptor
  readonly #bytes: Bytes
  readonly #reader: UploadReader
  readonly #signal: AbortSignal | undefined
  #session: UploadSession | undefined
  #offset = 0
  /** The registry takes no PATCH: the whole blob goes with the request that finishes it. */
  #withoutPatch = false
  /** A small blob, read and checked. */
  #content: Uint8Array | undefined

  constructor(
    address: BlobAddress,
    blob: Descriptor,
    bytes: Bytes,
    begun: UploadSession | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#address = address
    this.#blob = blob
    this.#bytes = bytes
    this.#reader = new UploadReader(bytes, blob.size)
    this.#session = begun
    this.#signal = signal
  }

  async run(): Promise<void> {
    try {
      if (this.#blob.size <= singleRequestBytes) this.#content = await this.#readWhole()
      await this.#persist()
    } catch (error) {
      await this.#abandonSession()
      throw error
    } finally {
      await this.#reader.close()
    }
  }

  async #readWhole(): Promise<Uint8Array> {
    const { size, digest } = this.#blob
    const content = await readAll(this.#bytes.open(0, this.#signal), size, `blob ${digest}`)
    if (content.byteLength === size) return content
    throw new LadingError('size-mismatch', `got ${content.byteLength} of the ${size} bytes of ${digest}`)
  }

  /** Goes on after breaks, as long as bytes get through between them. */
  async #persist(): Promise<void> {
    const { http } = this.#address.client.session
    let failures = 0
    let furthest = 0
    for (;;) {
      try {
        if (failures > failuresOfSession) await this.#abandonSession()
        else if (failures > 0) await this.#synchronise()
        return await this.#advance()
      } catch (error) {
        this.#reader.throwIfFailed()
        this.#signal?.throwIfAborted()
        if (!(error instanceof OutOfStep || isLadingError(error, 'network', 'timeout', 'server-error'))) throw error
        failures = this.#offset > furthest ? 1 : failures + 1
        furthest = Math.max(furthest, this.#offset)
        if (failures === failuresOfUpload) throw error instanceof OutOfStep ? error.refusal : error
        const subject = `upload of ${this.#blob.digest}`
        await http.pause({ attempt: failures, subject, reason: error.message }, this.#signal)
      }
    }
  }

  /** The protocol, from where it stands. */
  async #advance(): Promise<void> {
    if (this.#session === undefined) {
      this.#offset = 0
      this.#session = await beginUpload(this.#address, this.#blob, this.#signal)
    }
    const atOnce = () => this.#content !== undefined || this.#withoutPatch
    while (!atOnce() && this.#offset < this.#blob.size) this.#session = await this.#sendChunk(this.#session)
    await this.#finish(this.#session)
  }

  async #sendChunk(session: UploadSession): Promise<UploadSession> {
    const { client } = this.#address
    const length = Math.min(this.#blob.size - this.#offset, Math.max(client.maxChunkBytes, session.minChunkBytes))
    const end = this.#offset + length
    // The whole blob in one PATCH has no Content-Range: that is the streamed form, which every registry knows.
    const range = length === this.#blob.size ? undefined : { 'content-range': `${this.#offset}-${end - 1}` }
    const response = await this.#ask(
      {
        method: 'PATCH',
        target: session.location,
        headers: { 'content-type': 'application/octet-stream', ...range },
        body: this.#reader.piece(this.#offset, length),
      },
      [200, 201, 202, 204, 404, 405, 413, 416, 501],
    )
    await response.discard()
    switch (response.status) {
      case 404:
      case 416:
        throw new OutOfStep(await this.#refusal(response))
      case 405:
      case 501:
        this.#withoutPatch = true
        return session
      case 413:
        await this.#shrinkChunks(length, session, response)
        return session
      default: {
        const received = receivedBytes(response)
        const partial = received !== undefined && received > this.#offset && received < end
        this.#offset = partial ? received : end
        return movedSession(this.#address, session, response)
      }
    }
  }

  async #shrinkChunks(refused: number, session: UploadSession, response: HttpResponse): Promise<void> {
    const floor = Math.max(chunkFloorBytes, session.minChunkBytes)
    if (refused <= floor) throw await this.#refusal(response)
    const { client } = this.#address
    client.maxChunkBytes = Math.min(client.maxChunkBytes, Math.max(floor, Math.ceil(refused / 2)))
  }

  /** Makes the bytes a blob. */
  async #finish(session: UploadSession): Promise<void> {
    const { digest, size } = this.#blob
    const body = this.#content ?? (this.#withoutPatch ? this.#reader.piece(0, size) : undefined)
    const response = await this.#ask(
      {
        method: 'PUT',
        target: withDigest(session.location, digest),
        headers: { 'content-type': 'application/octet-stream' },
        ...(body === undefined ? {} : { body }),
      },
      [200, 201, 204, 404, 416],
    )
    await response.discard()
    if (response.status === 404 || response.status === 416) {
      // An answer may be lost after the registry has done its work; then the session is gone and the blob is there.
      if (await hasBlob(this.#address, this.#blob, this.#signal)) return
      throw new OutOfStep(await this.#refusal(response))
    }
    const stored = response.headers.get('docker-content-digest')
    // A registry may name it by an algorithm of its own.
    if (stored?.startsWith(`${digestParts(digest).algorithm}:`) && stored !== digest) {
      throw new LadingError('protocol-error', `the registry stored ${stored} where ${digest} was sent`)
    }
  }

  /** Asks how much the registry has. Where it cannot tell, nothing can be built on that. */
  async #synchronise(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    const response = await this.#ask({ method: 'GET', target: session.location }, [200, 202, 204, 400, 404, 405, 416])
    await response.discard()
    const received = response.status < 300 ? receivedBytes(response) : undefined
    if (received === undefined || received > this.#blob.size) return this.#abandonSession()
    this.#offset = received
    this.#session = movedSession(this.#address, session, response)
  }

  async #abandonSession(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    this.#withoutPatch = false
    if (session !== undefined) await abortUpload(this.#address, session)
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
    return { access: [this.#address.access], subject: `blob ${this.#blob.digest}` }
  }
}
