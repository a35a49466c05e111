import { spawn } from 'node:child_process'
import { Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { descendants, peakBytesOf } from './process-tree.ts'
import type { Command } from './scenario.ts'

export interface Measured {
  readonly seconds: number
  /** User and system, of the program and of what it has started. */
  readonly cpuSeconds: number
  /** 0 where the system does not tell. */
  readonly peakBytes: number
}

/** Node does not tell the CPU time of a child; the shell does. Its own start is not in the figures. */
const timed = `TIMEFORMAT='%3R %3U %3S'; exec 4>&2; { time "$@" 2>&4 3>&- 4>&-; } 2>&3`
const sampleMilliseconds = 10

/** Runs a program to a success. @throws Error with the end of what it printed; the signal's reason where it was aborted */
export async function runMeasured({ program, args, env }: Command, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted()
  const child = spawn('bash', ['-c', timed, 'bash', program, ...args], {
    // its own group, which one signal ends
    detached: true,
    env: { ...env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const pid = child.pid
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve(code))
  })
  const kill = () => {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  }
  signal.addEventListener('abort', kill, { once: true })
  let peakBytes = 0
  const sampling = setInterval(() => {
    if (pid !== undefined) peakBytes = Math.max(peakBytes, peakBytesOf(descendants(pid)))
  }, sampleMilliseconds)
  try {
    const printed = Promise.all(child.stdio.slice(1).map(readAll))
    const [[out = '', error = '', figures = ''], code] = await Promise.all([printed, ended])
    signal.throwIfAborted()
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${endOf(error) || endOf(out)}`)
    const [seconds = Number.NaN, user = 0, system = 0] = figures.trim().split(' ').map(Number)
    return { seconds, cpuSeconds: user + system, peakBytes }
  } finally {
    clearInterval(sampling)
    signal.removeEventListener('abort', kill)
  }
}

const readAll = (pipe: Readable | Writable | null | undefined) => (pipe instanceof Readable ? text(pipe) : '')
const endOf = (printed: string) => printed.slice(-500).trim()
