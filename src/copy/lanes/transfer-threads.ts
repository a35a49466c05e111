import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { LadingError } from '../../errors/index.ts'
import {
  type Congestion,
  type DirectRequest,
  defaultRetryPolicy,
  type HttpRequest,
  type HttpSettings,
  type Timeouts,
} from '../../http/index.ts'
import type { PartToSend } from '../../stores/index.ts'
import type { Outcome, Retry } from './outcome.ts'
import type { Order, Question, Report, ThreadSettings, TransferTask } from './transfer-message.ts'

/** Two of them reach what a loopback or a fast disk gives; more are for machines whose network needs them. */
const maxThreads = 4

type TransferReport = Extract<Report, { readonly id: number }>

/** What is heard of a transfer while it goes on. */
export interface TransferListener {
  progress(bytes: number): void
  retried(retry: Retry): void
  relocate(): Promise<DirectRequest | undefined>
  /** A part as a request, for now. Absent: nothing is sent. */
  sign?(part: PartToSend): Promise<HttpRequest>
  /** A part is there. */
  stored?(number: number, etag: string, state: string | undefined): void
}

interface Running {
  readonly listener: TransferListener
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly running: Map<number, Running>
  /** Whether it has begun. */
  isReady: boolean
}

export interface TransferThreadsOptions extends Pick<HttpSettings, 'onRequest' | 'retryRequests'> {
  /** Called once, where this machine starts no thread: then everything is declined. */
  readonly onUnavailable?: ((why: string) => void) | undefined
  /** Where the threads tell others, and hear from them, that a host has too many requests. */
  readonly congestion?: Congestion | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
  /** What a thread runs. Default: what moves blobs. */
  readonly file?: URL
}

/** Threads that move blobs without this one. They are started when there is something for them to do, and kept until the end. */
export class TransferThreads implements AsyncDisposable {
  readonly #threads = new Set<Thread>()
  readonly #most = Math.min(maxThreads, availableParallelism())
  readonly #options: TransferThreadsOptions
  readonly #stopListening: (() => void) | undefined
  #lastId = 0
  #closed = false
  #unavailable: string | undefined

  constructor(options: TransferThreadsOptions = {}) {
    this.#options = options
    this.#stopListening = options.congestion?.listen(this.#tellThreads)
  }

  /** @throws what the listener throws; LadingError `internal` where the thread itself failed */
  move(task: TransferTask, listener: TransferListener, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const thread = this.#choose()
      if (thread === undefined) return resolve(this.#declined)
      this.#lastId += 1
      const id = this.#lastId
      const stop = () => thread.worker.postMessage({ type: 'abort', id } satisfies Order)
      const settle = <T>(how: (value: T) => void) => {
        return (value: T) => {
          thread.running.delete(id)
          if (thread.running.size === 0) thread.worker.unref()
          signal.removeEventListener('abort', stop)
          how(value)
        }
      }
      thread.running.set(id, { listener, resolve: settle(resolve), reject: settle(reject) })
      thread.worker.ref()
      signal.addEventListener('abort', stop, { once: true })
      thread.worker.postMessage({ type: 'move', id, task } satisfies Order)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#stopListening?.()
    const threads = [...this.#threads]
    this.#threads.clear()
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  /** The one with the least to do, or a new one where all have something. */
  #choose(): Thread | undefined {
    if (this.#closed) throw new LadingError('interrupted', 'the copy was closed')
    const [least] = [...this.#threads].sort((a, b) => a.running.size - b.running.size)
    if (least !== undefined && (least.running.size === 0 || this.#threads.size === this.#most)) return least
    return this.#start()
  }

  #start(): Thread | undefined {
    if (this.#unavailable !== undefined) return undefined
    const { onRequest, retryRequests, timeouts, file = ownFile() } = this.#options
    const attempts = retryRequests === false ? 1 : defaultRetryPolicy.attempts
    const workerData: ThreadSettings = { attempts, timeouts, tellsRequests: onRequest !== undefined }
    let worker: Worker
    try {
      // without the flags of this process: Node ends a thread that gets --input-type with a file
      worker = new Worker(file, { name: 'lading transfer', execArgv: [], workerData })
    } catch (error) {
      this.#giveUp(error)
      return undefined
    }
    const thread: Thread = { worker, running: new Map(), isReady: false }
    worker.unref()
    worker.on('message', (report: Report) => this.#hear(thread, report))
    worker.on('error', cause => this.#end(thread, cause))
    worker.on('exit', code => this.#end(thread, new Error(`it ended with ${code}`)))
    this.#threads.add(thread)
    return thread
  }

  #hear(thread: Thread, report: Report): void {
    if (report.type === 'ready') thread.isReady = true
    else if (report.type === 'congested') this.#hearCongestion(thread, report.host)
    else if (report.type !== 'request') void hear(thread, report)
    else {
      try {
        this.#options.onRequest?.(report.event)
      } catch (error) {
        // as everywhere: what a listener throws fails what it listens to
        for (const [id, { reject }] of [...thread.running]) {
          thread.worker.postMessage({ type: 'abort', id } satisfies Order)
          reject(error)
        }
      }
    }
  }

  #hearCongestion(from: Thread, host: string): void {
    for (const thread of this.#threads) if (thread !== from) thread.worker.postMessage(congested(host))
    this.#options.congestion?.tell(host, this.#tellThreads)
  }

  #tellThreads = (host: string): void => {
    for (const { worker } of this.#threads) worker.postMessage(congested(host))
  }

  #end(thread: Thread, cause: unknown): void {
    this.#threads.delete(thread)
    const running = [...thread.running.values()]
    if (!thread.isReady && !this.#closed) {
      this.#giveUp(cause)
      for (const { resolve } of running) resolve(this.#declined)
      return
    }
    const error = new LadingError('internal', 'a thread that moves blobs has failed', { cause })
    for (const { reject } of running) reject(error)
  }

  get #declined(): Outcome {
    return { kind: 'declined', why: this.#unavailable ?? '' }
  }

  #giveUp(cause: unknown): void {
    if (this.#unavailable !== undefined) return
    this.#unavailable = cause instanceof Error ? cause.message : String(cause)
    this.#options.onUnavailable?.(this.#unavailable)
  }
}

function congested(host: string): Order {
  return { type: 'congested', host }
}

/** A checkout runs its sources, an installed package what was built of them: scripts/build.ts. */
function ownFile(): URL {
  return new URL(`./transfer-thread${path.extname(import.meta.url)}`, import.meta.url)
}

async function hear({ worker, running }: Thread, report: TransferReport): Promise<void> {
  const { id } = report
  const transfer = running.get(id)
  if (transfer === undefined) return
  try {
    if (report.type === 'progress') transfer.listener.progress(report.bytes)
    else if (report.type === 'retried') transfer.listener.retried(report)
    else if (report.type === 'stored') transfer.listener.stored?.(report.part, report.etag, report.state)
    else if (report.type === 'ended') transfer.resolve(report.outcome)
    else {
      const answer = await answerTo(report.question, transfer.listener)
      worker.postMessage({ type: 'answer', question: report.number, answer } satisfies Order)
    }
  } catch (error) {
    worker.postMessage({ type: 'abort', id } satisfies Order)
    transfer.reject(error)
  }
}

function answerTo(question: Question, listener: TransferListener): Promise<DirectRequest | HttpRequest | undefined> {
  if (question.kind === 'relocate') return listener.relocate()
  return listener.sign?.(question.part) ?? Promise.resolve(undefined)
}
