import { setTimeout as sleep } from 'node:timers/promises'

/** How a lease measures time. */
export interface LeaseClock {
  /** Milliseconds since it was called. */
  stopwatch(): () => number
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: LeaseClock = {
  stopwatch() {
    const [steady, wall] = [performance.now(), Date.now()]
    // The steady clock stands still while a machine sleeps, and the other one may be set back.
    return () => Math.max(performance.now() - steady, Date.now() - wall)
  },
  wait: (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
}
