import { constants } from 'node:os'
import { LadingError } from '../errors/index.ts'

/** Closing the terminal stops a run as cleanly as Ctrl-C does. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type Signal = (typeof signals)[number]

/** What the first signal aborts with. */
export class Interruption extends LadingError {
  readonly signalName: Signal

  constructor(signalName: Signal) {
    super('interrupted', 'interrupted')
    this.signalName = signalName
  }

  /** As a shell reports a process that a signal ended: 130 for SIGINT, 143 for SIGTERM. */
  override get exitCode(): number {
    return 128 + constants.signals[this.signalName]
  }
}

interface Interrupt {
  readonly signal: AbortSignal
  stop(): void
}

/** Aborts at the first signal, so that the run cleans up behind itself; the second ends the process at once. */
export function listenForInterrupt(process: NodeJS.Process): Interrupt {
  const controller = new AbortController()
  const listen = (name: Signal) => {
    if (controller.signal.aborted) process.exit(new Interruption(name).exitCode)
    controller.abort(new Interruption(name))
  }
  for (const name of signals) process.on(name, listen)
  return {
    signal: controller.signal,
    stop() {
      for (const name of signals) process.off(name, listen)
    },
  }
}
