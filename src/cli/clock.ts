/** Time, as the command line needs it. Tests bring one that stands still. */
export interface Clock {
  /** Milliseconds that only grow. */
  now(): number
  /** Calls `tick` again and again until the function it returns is called. Never keeps the process alive. */
  every(milliseconds: number, tick: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  every(milliseconds, tick) {
    const timer = setInterval(tick, milliseconds).unref()
    return () => clearInterval(timer)
  },
}
