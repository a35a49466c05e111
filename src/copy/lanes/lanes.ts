import type { Congestion } from '../../http/index.ts'
import { type LaneName, lanesOf } from './lane-names.ts'
import type { TransferThreads, TransferThreadsOptions } from './transfer-threads.ts'

/** What may be used beside the stream, which is there for everything. */
export interface Lanes {
  readonly serverSide: boolean
  /** Absent: every byte passes through this thread. */
  readonly threads?: (() => Promise<TransferThreads>) | undefined
}

/** The lanes of a process, whose threads are started when they are first needed. */
export function openLanes(
  environment: Readonly<Record<string, string | undefined>>,
  options: TransferThreadsOptions = {},
  congestion?: () => Promise<Congestion>,
): Lanes & AsyncDisposable {
  const names: ReadonlySet<LaneName> = lanesOf(environment)
  let threads: Promise<TransferThreads> | undefined
  let isAvailable = names.has('direct')
  const onUnavailable = (why: string) => {
    isAvailable = false
    options.onUnavailable?.(why)
  }
  const open = async () => {
    const [{ TransferThreads }, told] = await Promise.all([import('./transfer-threads.ts'), congestion?.()])
    return new TransferThreads({ ...options, onUnavailable, congestion: told })
  }
  const start = () => {
    threads ??= open()
    return threads
  }
  return {
    serverSide: names.has('server-side'),
    get threads() {
      return isAvailable ? start : undefined
    },
    async [Symbol.asyncDispose]() {
      await (await threads)?.[Symbol.asyncDispose]()
    },
  }
}
