import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What this process holds. Linux tells; elsewhere descriptors, sockets and threads are 0. */
export interface ProcessState {
  readonly descriptors: number
  readonly sockets: number
  readonly threads: number
  readonly heapBytes: number
  readonly residentBytes: number
}

/** What it holds once what was closed has gone: sockets end a moment later than who used them. */
export async function processState(): Promise<ProcessState> {
  await sleep(50)
  globalThis.gc?.()
  const open = await openFiles()
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const { heapUsed, rss } = process.memoryUsage()
  return {
    descriptors: open.length,
    sockets: open.filter(name => name.startsWith('socket:')).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0),
    heapBytes: heapUsed,
    residentBytes: rss,
  }
}

async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd').catch(() => [])
  // the one that reads the folder is gone by then
  const targets = await Promise.all(names.map(name => readlink(`/proc/self/fd/${name}`).catch(() => undefined)))
  return targets.filter(target => target !== undefined)
}
