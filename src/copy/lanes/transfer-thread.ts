import { parentPort, workerData } from 'node:worker_threads'
import { fromFileError, isLadingError, systemCode } from '../../errors/index.ts'
import { DirectPool, type DirectRequest, maxConnections, NotSimple } from '../../http/direct/index.ts'
import { Congestion, createHttpClient, type HttpRequest, type RequestEvent } from '../../http/index.ts'
import { PartBuffers, partSizeFor } from '../../stores/parts/index.ts'
import { download } from './download.ts'
import type { Outcome, Retry } from './outcome.ts'
import { relay } from './relay.ts'
import type { Order, Question, Report, ThreadSettings, TransferTask } from './transfer-message.ts'

/** What is told of a blob's progress is told in steps: each message wakes the thread that hears it. */
const progressBytes = 4 * 1024 * 1024
/** Memory for the parts that are on their way through one thread. */
const partMemoryBytes = 32 * 1024 * 1024

type Answer = DirectRequest | HttpRequest | undefined

interface Transfer {
  readonly stop: AbortController
  /** Questions that were not answered yet, by number. */
  readonly open: Set<number>
}

const { attempts, timeouts, tellsRequests } = workerData as ThreadSettings // it is what TransferThreads says
const onRequest = tellsRequests ? (event: RequestEvent) => report({ type: 'request', event }) : undefined
const congestion = new Congestion()
const tellCongestion = (host: string) => report({ type: 'congested', host })
congestion.listen(tellCongestion)
const pool = new DirectPool({ timeouts, onRequest, congestion })
// what is tried again is tried again where it can be heard of
const http = createHttpClient({
  retryRequests: false,
  onRequest,
  congestion,
  ...(timeouts === undefined ? {} : { timeouts }),
})
const buffers = new PartBuffers(partMemoryBytes, partSizeFor(undefined, 1))
const transfers = new Map<number, Transfer>()
const questions = new Map<number, (answer: Answer) => void>()
let lastQuestion = 0

parentPort?.on('message', (order: Order) => {
  if (order.type === 'move') void perform(order.id, order.task)
  else if (order.type === 'congested') congestion.tell(order.host, tellCongestion)
  else if (order.type === 'answer') settle(order.question, order.answer)
  else abort(transfers.get(order.id))
})
report({ type: 'ready' })

function abort(transfer: Transfer | undefined): void {
  transfer?.stop.abort()
  // who waits for an answer is not given one any more
  for (const question of transfer?.open ?? []) settle(question, undefined)
}

function settle(question: number, answer: Answer): void {
  questions.get(question)?.(answer)
}

function ask(id: number, question: Question): Promise<Answer> {
  lastQuestion += 1
  const number = lastQuestion
  const { open } = transfers.get(id) ?? { open: new Set() }
  open.add(number)
  const { promise, resolve } = Promise.withResolvers<Answer>()
  questions.set(number, resolve)
  report({ type: 'question', id, number, question })
  return promise.finally(() => {
    questions.delete(number)
    open.delete(number)
  })
}

async function perform(id: number, task: TransferTask): Promise<void> {
  const transfer: Transfer = { stop: new AbortController(), open: new Set() }
  const { signal } = transfer.stop
  transfers.set(id, transfer)
  let untold = 0
  const tell = () => {
    if (untold > 0) report({ type: 'progress', id, bytes: untold })
    untold = 0
  }
  const hooks = {
    attempts,
    progress(bytes: number) {
      untold += bytes
      if (untold >= progressBytes) tell()
    },
    share: () => Math.max(1, Math.floor(maxConnections / transfers.size)),
    retried: (retry: Retry) => report({ type: 'retried', id, ...retry }),
    stored: (part: number, etag: string, state: string | undefined) =>
      report({ type: 'stored', id, part, etag, state }),
    // a question is answered in kind
    relocate: () => ask(id, { kind: 'relocate' }) as Promise<DirectRequest | undefined>,
    async sign(part: { number: number; size: number; sha256: string }) {
      const request = (await ask(id, { kind: 'sign', part })) as HttpRequest | undefined
      signal.throwIfAborted()
      if (request === undefined) throw new NotSimple('the part cannot be sent')
      return request
    },
  }
  let outcome: Outcome
  try {
    if (task.kind === 'download') outcome = await download(task, pool, hooks, signal)
    else outcome = await relay(task, { pool, http, buffers, hooks, signal })
  } catch (error) {
    outcome = signal.aborted ? { kind: 'aborted' } : outcomeOf(error, task)
  }
  tell()
  transfers.delete(id)
  report({ type: 'ended', id, outcome })
}

function outcomeOf(thrown: unknown, task: TransferTask): Outcome {
  if (thrown instanceof NotSimple) return { kind: 'declined', why: thrown.message }
  const ofDisk = task.kind === 'download' && systemCode(thrown) !== undefined
  const error = ofDisk ? fromFileError(thrown, { subject: task.path, side: 'destination' }) : thrown
  // A fault of ours ends the thread, and is told as such.
  if (!isLadingError(error)) throw thrown
  const { code, message, hint, status, tried, side = 'source' } = error
  return { kind: 'failed', error: { code, message, hint, status, tried, side } }
}

function report(message: Report): void {
  parentPort?.postMessage(message)
}
