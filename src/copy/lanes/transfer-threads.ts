import { availableParallelism } from 'node:os'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { LadingError, systemCode } from '../../errors/index.ts'
import type { DirectRequest, HttpRequest } from '../../http/index.ts'
import type { PartToSend } from '../../stores/index.ts'
import type { Outcome, Retry } from './outcome.ts'
import type { Order, Question, Report, TransferTask } from './transfer-message.ts'

/** Two of them reach what a loopback or a fast disk gives; more are for machines whose network needs them. */
const maxThreads = 4

const declined: Outcome = { kind: 'declined', why: 'there can be no thread' }

/** What is heard of a transfer while it goes on. */
export interface TransferListener {
  progress(bytes: number): void
  retried(retry: Retry): void
  relocate(): Promise<DirectRequest | undefined>
  /** A part as a request, for now. Absent: nothing is sent. */
  sign?(part: PartToSend): Promise<HttpRequest>
}

interface Running {
  readonly listener: TransferListener
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  /** Whether anything was heard of it. */
  works: boolean
  readonly running: Map<number, Running>
}

/** Threads that move blobs without this one. They are started when there is something for them to do, and kept until the end. */
export class TransferThreads implements AsyncDisposable {
  readonly #threads = new Set<Thread>()
  readonly #most = Math.min(maxThreads, availableParallelism())
  #lastId = 0
  #closed = false

  /**
   * Declines where there can be no thread: a bundler may have left its file behind, and Node may be told to allow none.
   *
   * @throws what the listener throws; LadingError `internal` where the thread itself failed
   */
  move(task: TransferTask, listener: TransferListener, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const thread = this.#choose()
      if (thread === undefined) return resolve(declined)
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
    // a checkout runs its sources, an installed package what was built of them: scripts/build.ts
    const file = new URL(`./transfer-thread${path.extname(import.meta.url)}`, import.meta.url)
    // without the flags of this process: Node ends a thread that gets --input-type with a file
    const worker = newWorker(file)
    if (worker === undefined) return undefined
    const thread: Thread = { worker, works: false, running: new Map() }
    worker.unref()
    worker.on('message', (report: Report) => void hear(thread, report))
    const fail = (cause: unknown) => {
      this.#threads.delete(thread)
      if (!thread.works && !this.#closed) {
        for (const { resolve } of [...thread.running.values()]) resolve(declined)
        return
      }
      const error = new LadingError('internal', 'a thread that moves blobs has failed', { cause })
      for (const { reject } of [...thread.running.values()]) reject(error)
    }
    worker.on('error', fail)
    worker.on('exit', code => fail(new Error(`it ended with ${code}`)))
    this.#threads.add(thread)
    return thread
  }
}

/** `undefined` where Node allows none. */
function newWorker(file: URL): Worker | undefined {
  try {
    return new Worker(file, { name: 'lading transfer', execArgv: [] })
  } catch (error) {
    if (systemCode(error) === 'ERR_ACCESS_DENIED') return undefined
    throw error
  }
}

async function hear(thread: Thread, report: Report): Promise<void> {
  const { worker, running } = thread
  thread.works = true
  const { id } = report
  const transfer = running.get(id)
  if (transfer === undefined) return
  try {
    if (report.type === 'progress') transfer.listener.progress(report.bytes)
    else if (report.type === 'retried') transfer.listener.retried(report)
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
