import type { Outcome } from '../../src/copy/lanes/outcome.ts'
import { type RelayHooks, type RelayTask, relay } from '../../src/copy/lanes/relay.ts'
import { DirectPool } from '../../src/http/direct/direct-pool.ts'
import { createHttpClient } from '../../src/http/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { StoredParts } from '../../src/stores/index.ts'
import { PartBuffers } from '../../src/stores/parts/index.ts'
import type { PartSink } from './part-sink.ts'

export const partSize = 256 * 1024

export interface TriedRelay {
  readonly outcome: Outcome
  readonly progress: number
  readonly retries: readonly string[]
  readonly relocated: number
  readonly signed: number
}

interface TryOptions extends Partial<Pick<RelayHooks, 'relocate' | 'sign' | 'attempts' | 'progress'>> {
  readonly content: Buffer
  readonly url: string
  readonly sink: PartSink
  readonly have?: StoredParts
  readonly begun?: RelayTask['begun']
  readonly buffers?: PartBuffers
  readonly signal?: AbortSignal
  readonly digest?: ReturnType<typeof digestOf>
}

const timeouts = { connectMs: 5000, answerMs: 5000, writeAnswerMs: 5000, idleMs: 5000 }

/** Memory for two parts. */
export function twoParts(): PartBuffers {
  return new PartBuffers(2 * partSize, partSize)
}

/** Relays in this thread, as a thread of its own does. All memory is given back when it ends, or this fails. */
export async function tryRelay({ content, url, sink, ...options }: TryOptions): Promise<TriedRelay> {
  const { signal = new AbortController().signal, buffers = twoParts(), have = new Map() } = options
  const retries: string[] = []
  let progress = 0
  let relocated = 0
  let signed = 0
  const task = {
    request: { url, headers: {}, tlsVerify: true, route: undefined },
    digest: options.digest ?? digestOf(content),
    size: content.byteLength,
    partSize,
    have,
    begun: options.begun,
  }
  const hooks: RelayHooks = {
    attempts: options.attempts ?? 5,
    progress(bytes) {
      progress += bytes
      options.progress?.(bytes)
    },
    retried: ({ reason }) => retries.push(reason),
    stored: () => {},
    async relocate() {
      relocated += 1
      return await options.relocate?.()
    },
    async sign(part) {
      signed += 1
      return await (options.sign ?? sink.sign)(part)
    },
  }
  using pool = new DirectPool({ timeouts })
  await using http = createHttpClient({ retryRequests: false })
  try {
    const outcome = await relay(task, { pool, http, buffers, hooks, signal })
    return { outcome, progress, retries, relocated, signed }
  } finally {
    if (options.buffers === undefined) await allMemory(buffers)
  }
}

/** Waits for all of it, which is there at once where nobody holds any. */
async function allMemory(buffers: PartBuffers): Promise<void> {
  const all = await buffers.acquire(2 * partSize, AbortSignal.timeout(1000))
  all.release()
}
