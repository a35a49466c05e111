import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { type DirectPool, type DirectRequest, NotSimple } from '../../http/direct/index.ts'
import type { HttpClient, HttpRequest } from '../../http/index.ts'
import { createDigester, type Digest, digestParts } from '../../model/digest.ts'
import type { PartToSend, StoredParts } from '../../stores/index.ts'
import type { PartBuffer, PartBuffers } from '../../stores/parts/index.ts'
import { LocatedBlob } from './located-blob.ts'
import type { Outcome } from './outcome.ts'

/** Parts of one blob on their way at once, as far as there is memory for them. */
const partsAtOnce = 4
/** Failures of one part, without a byte between them, after which the blob is given up. */
const maxFailures = 4
const firstWaitMs = 250
const maxRetryAfterMs = 120_000

/** A blob that is to be read from one server, and sent to another in parts. */
export interface RelayTask {
  readonly request: DirectRequest
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** Of all parts but the last, in bytes. */
  readonly partSize: number
  /** Parts that the other server has already, from a copy that was interrupted. They are compared, not believed. */
  readonly have: StoredParts
}

/** What whoever ordered the relay hears, and is asked. */
export interface RelayHooks {
  progress(bytes: number): void
  retried(retry: { readonly attempt: number; readonly waitSeconds: number; readonly reason: string }): void
  relocate(): Promise<DirectRequest | undefined>
  /** A part as a request, for now. */
  sign(part: PartToSend): Promise<HttpRequest>
}

interface Means {
  readonly pool: DirectPool
  readonly http: HttpClient
  readonly buffers: PartBuffers
  readonly hooks: RelayHooks
  readonly signal: AbortSignal
}

/**
 * Reads a blob in ranges as large as the parts, and sends each. The digest goes along in the blob's order. Its parts are returned once all are
 * there, and what they are made of was checked: making them one object is left to whoever asked.
 *
 * @throws LadingError what either network throws, tried again as often as it helps
 */
export async function relay(task: RelayTask, means: Means): Promise<Outcome> {
  return await new Relay(task, means).run()
}

class Relay {
  readonly #task: RelayTask
  readonly #means: Means
  readonly #blob: LocatedBlob
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #stored = new Map<number, { etag: string; size: number }>()
  readonly #digester
  readonly #count: number
  #next = 1
  /** Movers that the servers put up with. */
  #limit = partsAtOnce
  #active = 0
  #digested: Promise<void> = Promise.resolve()
  #declined: string | undefined

  constructor(task: RelayTask, means: Means) {
    const { request, size, partSize, digest } = task
    this.#task = task
    this.#means = means
    this.#signal = AbortSignal.any([means.signal, this.#stop.signal])
    const relocate = () => means.hooks.relocate()
    this.#blob = new LocatedBlob({ request, size, pool: means.pool, relocate, signal: this.#signal })
    this.#digester = createDigester(digestParts(digest).algorithm)
    this.#count = Math.ceil(size / partSize)
  }

  async run(): Promise<Outcome> {
    let failure: { readonly error: unknown } | undefined
    const fail = (error: unknown) => {
      failure ??= { error }
      this.#stop.abort()
    }
    await Promise.all(Array.from({ length: Math.min(partsAtOnce, this.#count) }, () => this.#move().catch(fail)))
    this.#means.signal.throwIfAborted()
    if (this.#declined !== undefined) return { kind: 'declined', why: this.#declined }
    if (failure !== undefined) throw failure.error
    const isRight = this.#digester.digest() === this.#task.digest
    return isRight ? { kind: 'done', parts: this.#stored } : { kind: 'wrong' }
  }

  /** Moves one part after the other. Memory comes first: a part that was begun is never without, and so the first of them never waits. */
  async #move(): Promise<void> {
    this.#active += 1
    try {
      while (this.#next <= this.#count && this.#active <= this.#limit) {
        const buffer = await this.#means.buffers.acquire(this.#task.partSize, this.#signal)
        if (this.#next > this.#count) return buffer.release()
        const number = this.#next
        this.#next += 1
        const before = this.#digested
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        promise.catch(() => {})
        this.#digested = promise
        try {
          await this.#movePart(number, buffer, before, resolve)
        } catch (error) {
          reject(error)
          buffer.release(false)
          throw error
        }
        buffer.release()
      }
    } finally {
      this.#active -= 1
    }
  }

  async #movePart(number: number, buffer: PartBuffer, before: Promise<void>, digested: () => void): Promise<void> {
    const { size, partSize, have } = this.#task
    const start = (number - 1) * partSize
    const bytes = buffer.bytes.subarray(0, Math.min(partSize, size - start))
    await this.#read(start, bytes)
    await before
    this.#digester.update(bytes)
    digested()
    const known = have.get(number)
    if (known?.size === bytes.byteLength && known.etag === hash('md5', bytes)) this.#stored.set(number, known)
    else this.#stored.set(number, { etag: await this.#send(number, bytes), size: bytes.byteLength })
  }

  async #read(start: number, bytes: Uint8Array): Promise<void> {
    let filled = 0
    await this.#persist('source', async progressed => {
      const at = filled
      const answer = await this.#blob.ask(start + filled, start + bytes.byteLength, ({ kind }) => {
        const isWhole = kind === 'whole' && bytes.byteLength === this.#task.size && filled === 0
        if (kind !== 'range' && !isWhole) return undefined
        return chunk => {
          const taken = chunk.subarray(0, bytes.byteLength - filled)
          bytes.set(taken, filled)
          filled += taken.byteLength
          this.#means.hooks.progress(taken.byteLength)
          return filled < bytes.byteLength
        }
      })
      if (filled > at) progressed()
      if (filled === bytes.byteLength) return 'done'
      if (answer.kind === 'slow-down') return answer
      if (answer.kind === 'redirect') return 'again'
      if (answer.kind === 'unauthorized' && (await this.#blob.relocate())) return 'again'
      throw this.#decline(answer.kind === 'other' ? answer.why : `the answer is ${answer.kind}`)
    })
  }

  async #send(number: number, bytes: Uint8Array): Promise<string> {
    const { http, hooks } = this.#means
    const sha256 = hash('sha256', bytes)
    let etag = ''
    await this.#persist('destination', async () => {
      const request = await hooks.sign({ number, size: bytes.byteLength, sha256 })
      const response = await http.request({ ...request, body: bytes, attempts: 1, signal: this.#signal })
      await response.discard()
      const { status } = response
      const said = response.headers.get('etag')?.replaceAll('"', '')
      if (status < 300 && said) {
        etag = said
        return 'done'
      }
      // What arrived changed is answered with 400; what the request itself is refused for, the stream finds out.
      if (status === 400 || status === 403) return 'again'
      const host = new URL(request.url).host
      if (status === 429 || status >= 500)
        return {
          error: new LadingError('server-error', `${host} answered ${status}`, { status }),
          retryAfterMs: undefined,
        }
      throw this.#decline(`${host} answered ${status} to a part`)
    })
    return etag
  }

  /** Tries again what breaks, as long as something gets through between. */
  async #persist(
    side: 'source' | 'destination',
    attempt: (
      progressed: () => void,
    ) => Promise<'done' | 'again' | { readonly error: LadingError; readonly retryAfterMs: number | undefined }>,
  ): Promise<void> {
    let failures = 0
    let detours = 0
    const progressed = () => {
      failures = detours = 0
    }
    for (;;) {
      this.#signal.throwIfAborted()
      let failed: { readonly error: LadingError; readonly retryAfterMs: number | undefined }
      try {
        const outcome = await attempt(progressed)
        if (outcome === 'done') return
        if (outcome === 'again') {
          detours += 1
          if (detours > maxFailures) throw this.#decline('it is answered in another way again and again')
          continue
        }
        failed = outcome
      } catch (error) {
        this.#signal.throwIfAborted()
        if (error instanceof NotSimple) throw this.#decline(error.message)
        if (!isLadingError(error, 'network', 'timeout')) throw error
        failed = { error: error.with({ side }), retryAfterMs: undefined }
      }
      failures += 1
      const { error, retryAfterMs } = failed
      if (failures >= maxFailures || (retryAfterMs ?? 0) > maxRetryAfterMs) throw error.with({ side })
      this.#limit = Math.max(1, Math.min(this.#limit, this.#active - 1))
      const waitMs = retryAfterMs ?? firstWaitMs * 2 ** (failures - 1) * (0.5 + Math.random() / 2)
      this.#means.hooks.retried({ attempt: failures, waitSeconds: waitMs / 1000, reason: error.message })
      await sleep(waitMs, undefined, { signal: this.#signal })
    }
  }

  #decline(why: string): Error {
    this.#declined ??= why
    return new NotSimple(why)
  }
}
