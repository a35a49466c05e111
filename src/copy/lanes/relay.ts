import { hash } from 'node:crypto'
import { type DirectPool, type DirectRequest, NotSimple } from '../../http/direct/index.ts'
import type { HttpClient, HttpRequest } from '../../http/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { PartToSend, StoredParts } from '../../stores/index.ts'
import { type PartBuffers, worthProgressBytes } from '../../stores/parts/index.ts'
import { ResumableDigest } from '../../streams/resumable-digest.ts'
import { LocatedBlob } from './located-blob.ts'
import type { Outcome, Retry } from './outcome.ts'
import { PartGrowth } from './part-growth.ts'
import { readPart } from './read-part.ts'
import { sendPart } from './send-part.ts'

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
  /** As many of the first parts are believed: their digest goes on from this state. */
  readonly begun?: { readonly parts: number; readonly state: string } | undefined
}

/** What whoever ordered the relay hears, and is asked. */
export interface RelayHooks {
  progress(bytes: number): void
  retried(retry: Retry): void
  /** A part is there. `state` is that of the digest of all bytes up to its end, where it is kept. */
  stored(number: number, etag: string, state: string | undefined): void
  relocate(): Promise<DirectRequest | undefined>
  /** A part as a request, for now. */
  sign(part: PartToSend): Promise<HttpRequest>
  /** How often a request is sent that fails, or is answered "not now". */
  readonly attempts: number
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
  const content = { digest: task.digest, size: task.size }
  const begun = task.begun && (await ResumableDigest.resumed(content, task.begun.state))
  // What a state says of itself is not what was compared with the parts.
  const fits = begun?.offset === (task.begun?.parts ?? 0) * task.partSize
  const digest = (fits ? begun : undefined) ?? (await newDigest(content))
  return await new Relay(task, means, digest).run()
}

async function newDigest(content: { readonly digest: Digest; readonly size: number }): Promise<ResumableDigest> {
  return content.size < worthProgressBytes ? ResumableDigest.plain(content) : await ResumableDigest.kept(content)
}

class Relay {
  readonly #task: RelayTask
  readonly #means: Means
  readonly #blob: LocatedBlob
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #stored = new Map<number, { etag: string; size: number }>()
  readonly #digest: ResumableDigest
  readonly #count: number
  #next: number
  readonly #growth = new PartGrowth()
  readonly #movers = new Set<Promise<void>>()
  /** Movers that have not decided to end. */
  #active = 0
  #failure: { readonly error: unknown } | undefined
  #digested: Promise<void> = Promise.resolve()
  readonly #hooks: RelayHooks

  constructor(task: RelayTask, means: Means, digest: ResumableDigest) {
    const { request, size, partSize } = task
    this.#task = task
    this.#means = means
    this.#signal = AbortSignal.any([means.signal, this.#stop.signal])
    const relocate = () => means.hooks.relocate()
    this.#blob = new LocatedBlob({ request, size, pool: means.pool, relocate, signal: this.#signal })
    this.#digest = digest
    this.#next = digest.offset / partSize + 1
    for (const [number, part] of task.have) if (number < this.#next) this.#stored.set(number, part)
    this.#count = Math.ceil(size / partSize)
    const { hooks } = means
    this.#hooks = {
      ...hooks,
      retried: retry => {
        this.#growth.shrink(this.#active)
        hooks.retried(retry)
      },
    }
  }

  async run(): Promise<Outcome> {
    if (this.#digest.offset > 0) this.#hooks.progress(this.#digest.offset)
    this.#addMovers()
    while (this.#movers.size > 0) await Promise.race(this.#movers)
    this.#means.signal.throwIfAborted()
    const failure = this.#failure
    if (failure?.error instanceof NotSimple) return { kind: 'declined', why: failure.error.message }
    if (failure !== undefined) throw failure.error
    const isRight = this.#digest.digest() === this.#task.digest
    return isRight ? { kind: 'done', parts: this.#stored } : { kind: 'wrong' }
  }

  /** As many as are worth it, and as there are parts for. */
  #addMovers(): void {
    const left = this.#count - this.#next + 1
    const more = Math.min(this.#growth.wanted - this.#active, left)
    for (let added = 0; added < more; added++) {
      const mover: Promise<void> = this.#move()
        .catch(error => {
          this.#failure ??= { error }
          this.#stop.abort()
        })
        .finally(() => this.#movers.delete(mover))
      this.#movers.add(mover)
    }
  }

  /** Moves one part after the other. Memory comes first: a part that was begun is never without, and so the first of them never waits. */
  async #move(): Promise<void> {
    this.#active += 1
    try {
      while (this.#next <= this.#count && this.#active <= this.#growth.wanted) {
        const buffer = await this.#means.buffers.acquire(this.#task.partSize, this.#signal)
        if (this.#next > this.#count) return buffer.release()
        const number = this.#next
        this.#next += 1
        const before = this.#digested
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        promise.catch(() => {})
        this.#digested = promise
        try {
          buffer.release(await this.#movePart(number, buffer.bytes, before, resolve))
        } catch (error) {
          reject(error)
          buffer.release(false)
          throw error
        }
        this.#growth.moved(performance.now(), this.#task.partSize)
        this.#addMovers()
      }
    } finally {
      this.#active -= 1
    }
  }

  /** Returns whether the part's memory may be used again. */
  async #movePart(number: number, all: Uint8Array, before: Promise<void>, digested: () => void): Promise<boolean> {
    const { size, partSize, have } = this.#task
    const { http } = this.#means
    const start = (number - 1) * partSize
    const bytes = all.subarray(0, Math.min(partSize, size - start))
    await readPart(this.#blob, { start, bytes, isWhole: bytes.byteLength === size }, this.#hooks, this.#signal)
    await before
    this.#digest.update(bytes)
    const state = this.#digest.state()
    digested()
    const known = have.get(number)
    if (known?.size === bytes.byteLength && known.etag === hash('md5', bytes)) {
      this.#keep(number, known, state)
      return true
    }
    const { etag, sentOnce } = await sendPart(number, bytes, { http, hooks: this.#hooks, signal: this.#signal })
    this.#keep(number, { etag, size: bytes.byteLength }, state)
    return sentOnce
  }

  #keep(number: number, part: { readonly etag: string; readonly size: number }, state: string | undefined): void {
    this.#stored.set(number, part)
    this.#hooks.stored(number, part.etag, state)
  }
}
