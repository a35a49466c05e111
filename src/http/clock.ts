import { setTimeout as sleep } from 'node:timers/promises'

/** Time and chance, so that tests decide them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Throws the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>
  /** From 0 to below 1. */
  random(): number
}

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async sleep(milliseconds, signal) {
    signal?.throwIfAborted()
    try {
      await sleep(milliseconds, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      // node:timers throws an AbortError of its own in place of the reason.
      signal?.throwIfAborted()
      throw error
    }
  },
}
