import { type LaneName, lanesOf } from './lane-names.ts'
import type { TransferThreads } from './transfer-threads.ts'

/** What may be used beside the stream, which is there for everything. */
export interface Lanes {
  readonly serverSide: boolean
  /** Absent: every byte passes through this thread. */
  readonly threads?: () => Promise<TransferThreads>
}

/** The lanes of a process, whose threads are started when they are first needed. */
export function openLanes(environment: Readonly<Record<string, string | undefined>>): Lanes & AsyncDisposable {
  const names: ReadonlySet<LaneName> = lanesOf(environment)
  let threads: Promise<TransferThreads> | undefined
  const start = () => {
    threads ??= import('./transfer-threads.ts').then(({ TransferThreads }) => new TransferThreads())
    return threads
  }
  return {
    serverSide: names.has('server-side'),
    ...(names.has('direct') ? { threads: start } : {}),
    async [Symbol.asyncDispose]() {
      await (await threads)?.[Symbol.asyncDispose]()
    },
  }
}
