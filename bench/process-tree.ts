import { readdirSync, readFileSync } from 'node:fs'

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // it has ended, or this is not Linux
  }
}

/** The processes below one, children before grandchildren. */
export function descendants(pid: number): number[] {
  let threads: string[] = []
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  const children = threads.flatMap(thread => read(`/proc/${pid}/task/${thread}/children`).split(' '))
  return children.filter(Boolean).flatMap(child => [Number(child), ...descendants(Number(child))])
}

/** The most memory that each of them has had, together. The kernel keeps the peak of a process; the sum is of what runs now. */
export function peakBytesOf(pids: readonly number[]): number {
  const kibs = pids.map(pid => Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0))
  return kibs.reduce((sum, kib) => sum + kib, 0) * 1024
}

const ticksPerSecond = 100

/** CPU time of a process, of what runs below it and of what has ended there. */
export function cpuSecondsOf(pid: number): number {
  const ticks = [pid, ...descendants(pid)].flatMap(one => {
    // The name may hold anything, and its parenthesis is the last one. Then utime, stime, cutime and cstime are the fields 12 to 15.
    const stat = read(`/proc/${one}/stat`)
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number)
  })
  return ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond
}

/** CPU time of everything that runs on this machine, and what its host has taken from it; not of interrupts. */
export function machineCpuSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] =
    read('/proc/stat').split('\n', 1)[0]?.split(/ +/).map(Number) ?? []
  return (user + nice + system + steal) / ticksPerSecond
}
