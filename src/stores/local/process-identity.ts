import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'

/** Which process, so exactly that another one can tell whether it still runs. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after the boot, on Linux: a process id is given again, this pair is not. */
  readonly started: string
  /** Where the process id means something: host name, boot and process namespace. */
  readonly machine: string
}

let own: Promise<ProcessIdentity> | undefined

export function currentProcess(): Promise<ProcessIdentity> {
  own ??= identify()
  return own
}

/**
 * Whether the process has certainly ended. `false` where that cannot be told: on another host, before another boot, and in
 * another container too, which may have the same host name but sees other process ids.
 */
export async function hasEnded(identity: ProcessIdentity): Promise<boolean> {
  const { machine } = await currentProcess()
  if (identity.machine !== machine) return false
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
  const { started, state } = await processStat(identity.pid)
  if (state === 'Z' || state === 'X') return true
  return started !== '' && identity.started !== '' && started !== identity.started
}

async function identify(): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  const { started } = await processStat(process.pid)
  return {
    pid: process.pid,
    started,
    machine: [hostname(), boot.trim(), namespace].filter(part => part !== '').join(' '),
  }
}

/** proc(5): the state is the first field after the name in parentheses, which may hold anything; the start time is the 20th. */
async function processStat(pid: number): Promise<{ started: string; state: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', started: fields[19] ?? '' }
}
