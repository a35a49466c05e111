import { isLadingError, type LadingError } from '../../errors/index.ts'
import { type DirectPool, type DirectRequest, NotSimple } from '../../http/direct/index.ts'
import type { Digest } from '../../model/digest.ts'
import { leastProgressBytes } from '../../streams/least-progress.ts'
import type { Answer } from './answer.ts'
import { ConnectionGrowth } from './connection-growth.ts'
import { LocatedBlob, maxDetours, maxRefusals } from './located-blob.ts'
import type { Outcome, Retry } from './outcome.ts'
import type { Piece, PiecesOfBlob } from './pieces-of-blob.ts'
import { ReceivedFile } from './received-file.ts'
import { waitForSource } from './wait-in-lane.ts'

const sampleMs = 25

/** A blob that is to be read from a server into a file. */
export interface DownloadTask {
  readonly request: DirectRequest
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  /** A file that exists, and is empty, or has what another download of the blob had received. */
  readonly path: string
}

/** What whoever ordered the download hears, and is asked. */
export interface DownloadHooks {
  /** Bytes that have come for the first time. */
  progress(bytes: number): void
  retried(retry: Retry): void
  /** The server no longer takes the request, or its credentials. `undefined`: there is no other. */
  relocate(): Promise<DirectRequest | undefined>
  /** How many connections it may have now, beside what else is under way. */
  share(): number
  /** How often a server is asked that answers "not now". */
  readonly attempts: number
}

/**
 * Reads a blob into a file, over as many connections as make it faster, and makes it durable. Its digest has been checked.
 *
 * @throws LadingError what the network or the disk throws, tried again as often as it helps
 */
export async function download(
  task: DownloadTask,
  pool: DirectPool,
  hooks: DownloadHooks,
  signal: AbortSignal,
): Promise<Outcome> {
  using file = new ReceivedFile(task.path, task)
  const transfer = new Download(task, { pool, hooks, signal, pieces: file.pieces, file })
  const declined = await transfer.run()
  if (declined !== undefined) return { kind: 'declined', why: declined }
  return (await file.finish(signal)) ? { kind: 'done' } : { kind: 'wrong' }
}

interface Means {
  readonly pool: DirectPool
  readonly hooks: DownloadHooks
  readonly signal: AbortSignal
  readonly pieces: PiecesOfBlob
  readonly file: ReceivedFile
}

/** One connection's work, one request after another. */
type Reader = symbol

class Download {
  readonly #task: DownloadTask
  readonly #means: Means
  readonly #growth = new ConnectionGrowth()
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  readonly #readers = new Set<Promise<void>>()
  /** Readers that have had an answer. */
  readonly #flowing = new Set<Reader>()
  readonly #blob: LocatedBlob
  #isProbing = false
  #probeDetours = 0
  #takesRanges = true
  #furthest = 0
  #ended: { readonly error: unknown } | { readonly declined: string } | undefined

  constructor(task: DownloadTask, means: Means) {
    this.#task = task
    this.#means = means
    this.#signal = AbortSignal.any([means.signal, this.#stop.signal])
    const { request, size } = task
    const relocate = () => means.hooks.relocate()
    this.#blob = new LocatedBlob({ request, size, pool: means.pool, relocate, signal: this.#signal })
  }

  /** Returns why it was left to others, where it was. */
  async run(): Promise<string | undefined> {
    let before = performance.eventLoopUtilization()
    const timer = setInterval(() => {
      const now = performance.eventLoopUtilization()
      this.#grow(performance.eventLoopUtilization(now, before).utilization)
      before = now
    }, sampleMs)
    try {
      while (!this.#isOver) {
        // the first, and whoever goes on where several gave up at once
        if (this.#readers.size === 0) this.#addReader()
        if (this.#readers.size === 0) break
        await Promise.race(this.#readers)
      }
      // One that still asks for what has come meanwhile is not waited for.
      this.#stop.abort()
      await Promise.all(this.#readers)
    } finally {
      clearInterval(timer)
    }
    this.#means.signal.throwIfAborted()
    if (this.#means.pieces.isComplete) return undefined
    if (this.#ended === undefined) return undefined
    if ('error' in this.#ended) throw this.#ended.error
    return this.#ended.declined
  }

  get #isOver(): boolean {
    return this.#ended !== undefined || this.#means.pieces.isComplete
  }

  get #wanted(): number {
    return Math.min(this.#growth.wanted, this.#means.hooks.share())
  }

  #grow(busy: number): void {
    const { received, remaining } = this.#means.pieces
    const connections = this.#flowing.size
    this.#growth.sample({ now: performance.now(), received, remaining, connections, busy })
    while (this.#takesRanges && !this.#isProbing && this.#readers.size < this.#wanted) {
      const size = this.#readers.size
      this.#addReader()
      if (this.#readers.size === size) return
    }
  }

  /** One more connection, where there is anything for it to read. */
  #addReader(): void {
    const { pieces } = this.#means
    const me: Reader = Symbol('reader')
    const first = pieces.claim(this.#wanted)
    const cut = first === undefined ? pieces.cutting() : undefined
    const work = first !== undefined ? this.#readOn(first, me) : cut !== undefined ? this.#probe(cut, me) : undefined
    if (work === undefined) return
    const reader: Promise<void> = work
      .catch(error => this.#end({ error }))
      .finally(() => {
        this.#readers.delete(reader)
        this.#flowing.delete(me)
      })
    this.#readers.add(reader)
  }

  #end(outcome: { readonly error: unknown } | { readonly declined: string }): void {
    this.#ended ??= outcome
    this.#stop.abort()
  }

  async #readOn(first: Piece, me: Reader): Promise<void> {
    const { pieces } = this.#means
    let piece: Piece | undefined = first
    while (piece !== undefined && !this.#isOver) {
      await this.#readPiece(piece, me)
      // Where the server wants fewer, the others go on with what is left.
      const isSurplus = this.#readers.size > this.#wanted
      pieces.drop(piece)
      piece = isSurplus ? undefined : pieces.claim(this.#wanted)
    }
  }

  /** Asks for a range for the first time. Only an answer that shows that the server knows ranges changes who reads what. */
  async #probe(cut: { readonly from: number; readonly to: number }, me: Reader): Promise<void> {
    const { pieces } = this.#means
    this.#isProbing = true
    let piece: Piece | undefined
    try {
      const answer = await this.#ask(cut.from, cut.to, me, verdict => {
        if (verdict.kind === 'range') piece = pieces.cut(cut)
        this.#isProbing = false
        return piece
      })
      if (answer.kind === 'slow-down') this.#growth.shrink(this.#readers.size)
      else if (answer.kind === 'redirect') this.#probeDetours += 1
      else if (answer.kind !== 'range') this.#takesRanges = false
      if (this.#probeDetours > maxDetours) this.#takesRanges = false
    } catch (error) {
      // The connection that reads the whole blob goes on. Only what was taken from it must be read by another.
      if (piece === undefined && isAboutAnswer(error)) this.#takesRanges = false
      else if (!isLadingError(error, 'network', 'timeout')) throw error
      this.#growth.shrink(this.#readers.size)
    } finally {
      this.#isProbing = false
    }
    if (piece !== undefined) await this.#readOn(piece, me)
  }

  /** Reads a piece to its end, or as far as it comes where other connections can go on with it. */
  async #readPiece(piece: Piece, me: Reader): Promise<void> {
    let failures = 0
    let since = 0
    let refusals = 0
    let detours = 0
    // A server without ranges begins anew each time: only what comes after that is any progress.
    let furthest = piece.at
    while (piece.at < piece.end && !this.#isOver) {
      let retryAfterMs: number | undefined
      let error: LadingError
      try {
        const answer = await this.#ask(piece.at, piece.end, me, verdict => {
          if (verdict.kind === 'range') return piece
          return verdict.kind === 'whole' && this.#fromStart(piece) ? piece : undefined
        })
        if (piece.at === piece.end) return
        if (piece.at - furthest >= leastProgressBytes) {
          refusals = detours = failures = 0
          furthest = piece.at
          // less than was asked for: the rest is asked for again
          if (answer.kind === 'range') continue
        }
        if (answer.kind === 'redirect' && ++detours <= maxDetours) continue
        if (answer.kind === 'unauthorized' && ++refusals <= maxRefusals && (await this.#blob.relocate(answer))) continue
        if (answer.kind !== 'slow-down') {
          return this.#end({ declined: answer.kind === 'other' ? answer.why : `the answer is ${answer.kind}` })
        }
        retryAfterMs = answer.retryAfterMs
        error = answer.error
      } catch (thrown) {
        if (!isLadingError(thrown, 'network', 'timeout')) throw thrown
        error = thrown
      }
      this.#growth.shrink(this.#readers.size)
      if (this.#readers.size > 1) {
        this.#means.hooks.retried({ attempt: 1, waitSeconds: 0, reason: error.message })
        return
      }
      failures = piece.at - furthest >= leastProgressBytes ? 1 : failures + 1
      if (failures === 1) since = performance.now()
      furthest = Math.max(furthest, piece.at)
      await waitForSource({ error, failures, retryAfterMs, since }, this.#means.hooks, this.#signal)
    }
  }

  /** A server that knows no ranges sends everything: good where everything, or nothing yet, is wanted. */
  #fromStart(piece: Piece): boolean {
    const { pieces, file } = this.#means
    if (piece.at === 0 && piece.end === this.#task.size) return true
    this.#takesRanges = false
    if (piece.start > 0 || piece.end < this.#task.size) return false
    pieces.received -= piece.at
    piece.at = 0
    file.reset()
    return true
  }

  /** Asks for a range; `pieceFor` says, by the answer, which piece its bytes are of. */
  #ask(from: number, to: number, me: Reader, pieceFor: (answer: Answer) => Piece | undefined): Promise<Answer> {
    const { file, pieces, hooks } = this.#means
    return this.#blob.ask(from, to, answer => {
      this.#flowing.add(me)
      const piece = pieceFor(answer)
      if (piece === undefined) return undefined
      return chunk => {
        file.write(piece, chunk.subarray(0, piece.end - piece.at))
        if (pieces.received > this.#furthest) {
          hooks.progress(pieces.received - this.#furthest)
          this.#furthest = pieces.received
        }
        return piece.at < piece.end
      }
    })
  }
}

/** What another client might understand, or refuse with more to say. */
function isAboutAnswer(error: unknown): boolean {
  return error instanceof NotSimple || isLadingError(error, 'protocol-error')
}
