import { spawn } from 'node:child_process'

export interface ServerProcess extends AsyncDisposable {
  /** What `ready` matched in the program's output. */
  readonly match: RegExpExecArray
  /** Of the process that started it and waits for it. */
  readonly pid: number
  /** The end of what the program has printed. */
  log(): string
  stop(): Promise<void>
}

const keptLogCharacters = 64 * 1024
const startMilliseconds = 20_000

/**
 * Runs the program and, when descriptor 3 is closed, kills it. The kernel closes it when this process ends in whatever way, so
 * no server outlives its tests, not even after a crash, and no clean-up hook has to run.
 */
const watchdog = '"$@" 3<&- & child=$!; { cat <&3 >&2; kill -9 "$child"; } 2>/dev/null & wait "$child"'

/**
 * Starts a server and waits until its output matches `ready`.
 *
 * @throws Error with the program's output, where it ends first or says nothing for 20 seconds
 */
export async function startProcess(
  program: string,
  args: readonly string[],
  ready: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn('/bin/sh', ['-c', watchdog, 'watchdog', program, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const leash = child.stdio[3]
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  let log = ''

  async function stop(): Promise<void> {
    leash?.destroy()
    await ended
  }

  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
  const read = (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-keptLogCharacters)
    const match = ready.exec(log)
    if (match !== null) resolve(match)
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  child.once('error', reject)
  child.once('exit', code => {
    leash?.destroy()
    reject(new Error(`${program} ended with ${code} before it was ready:\n${log}`))
  })
  const timer = setTimeout(() => reject(new Error(`${program} is not ready:\n${log}`)), startMilliseconds)
  try {
    return { match: await promise, pid: child.pid ?? 0, log: () => log, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
