import type { Clock } from '../../src/cli/clock.ts'

/** A clock that goes on only when it is told to. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly milliseconds: number; readonly tick: () => void; due: number }>()

  now(): number {
    return this.#now
  }

  every(milliseconds: number, tick: () => void): () => void {
    const timer = { milliseconds, tick, due: this.#now + milliseconds }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Goes on by so much, calling what falls due on the way. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.due - b.due).find(timer => timer.due <= end)
      if (next === undefined) break
      this.#now = next.due
      next.due += next.milliseconds
      next.tick()
    }
    this.#now = end
  }
}
