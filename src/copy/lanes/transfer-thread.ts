import { parentPort } from 'node:worker_threads'
import { fromFileError, isLadingError, systemCode } from '../../errors/index.ts'
import { DirectPool, type DirectRequest, NotSimple } from '../../http/direct/index.ts'
import { type DownloadTask, download } from './download.ts'
import type { Order, Outcome, Report } from './transfer-message.ts'

/** What is told of a blob's progress is told in steps: each message wakes the thread that hears it. */
const progressBytes = 4 * 1024 * 1024

interface Transfer {
  readonly stop: AbortController
  located: ((request: DirectRequest | undefined) => void) | undefined
}

const pool = new DirectPool()
const transfers = new Map<number, Transfer>()

parentPort?.on('message', (order: Order) => {
  if (order.type === 'download') void perform(order.id, order.task)
  else if (order.type === 'located') transfers.get(order.id)?.located?.(order.request)
  else transfers.get(order.id)?.stop.abort()
})

async function perform(id: number, task: DownloadTask): Promise<void> {
  const transfer: Transfer = { stop: new AbortController(), located: undefined }
  transfers.set(id, transfer)
  let untold = 0
  const tell = () => {
    if (untold > 0) report({ type: 'progress', id, bytes: untold })
    untold = 0
  }
  const hooks = {
    progress(bytes: number) {
      untold += bytes
      if (untold >= progressBytes) tell()
    },
    retried: (retry: { attempt: number; waitSeconds: number; reason: string }) =>
      report({ type: 'retried', id, ...retry }),
    relocate: () =>
      new Promise<DirectRequest | undefined>(resolve => {
        transfer.located = resolve
        report({ type: 'relocate', id })
      }),
  }
  let outcome: Outcome
  try {
    const done = await download(task, pool, hooks, transfer.stop.signal)
    outcome = done === 'done' ? { kind: 'done' } : { kind: 'declined', why: done.declined }
  } catch (error) {
    outcome = transfer.stop.signal.aborted ? { kind: 'aborted' } : outcomeOf(error, task.path)
  }
  tell()
  transfers.delete(id)
  report({ type: 'ended', id, outcome })
}

function outcomeOf(thrown: unknown, path: string): Outcome {
  if (thrown instanceof NotSimple) return { kind: 'declined', why: thrown.message }
  const error = systemCode(thrown) === undefined ? thrown : fromFileError(thrown, { subject: path })
  // A fault of ours ends the thread, and is told as such.
  if (!isLadingError(error)) throw thrown
  const { code, message, hint, status } = error
  return { kind: 'failed', error: { code, message, hint, status } }
}

function report(message: Report): void {
  parentPort?.postMessage(message)
}
