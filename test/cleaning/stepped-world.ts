import { setTimeout as sleep } from 'node:timers/promises'
import type { LeaseClock } from '../../src/layout/index.ts'
import type { Deletion, ListEntry, ObjectStore } from '../../src/stores/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import type { Random } from './random.ts'

/** A request that was sent and has not taken effect, or somebody who waits. */
interface Pending {
  readonly actor: string
  readonly issued: number
  /** Absent: a request. Else when a wait ends. */
  readonly until?: number
  go(): void
}

/** So long after it was sent a request takes effect at the latest: what the store's clock and all others agree on is not more than this. */
const requestTakesMs = 45_000
/** Time passes in such steps. */
const steps = [1_000, 20_000, 5 * 60_000, 3_600_000, 24 * 3_600_000]

/**
 * A memory store whose every request takes effect when the world says so, in any order, under a clock that the world moves. An actor
 * may be killed between any two of its requests.
 */
export class SteppedWorld {
  readonly base: ObjectStore
  now = Date.UTC(2026, 0, 1)
  readonly log: string[] = []
  #pending: Pending[] = []
  readonly #alive = new Map<string, Promise<unknown>>()
  readonly #killed = new Set<string>()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
    this.base = memoryStore({ now: () => new Date(this.now) })
  }

  /** The store as one actor has it. */
  store(actor: string): ObjectStore {
    const { base } = this
    const step = (what: string) => this.#step(actor, what)
    const world = this
    const stepped: ObjectStore = {
      name: base.name,
      listing: base.listing,
      async head(key, options) {
        await step(`head ${key}`)
        return await base.head(key, options)
      },
      async get(key, options) {
        await step(`get ${key}`)
        return await base.get(key, options)
      },
      async put(key, body, options) {
        await step(`put ${key}`)
        const info = await base.put(key, body, options)
        world.#changed()
        return info
      },
      async delete(key, options) {
        await step(`delete ${key}`)
        await base.delete(key, options)
        world.#changed()
      },
      async *deleteMany(keys): AsyncGenerator<Deletion> {
        for await (const key of keys) {
          await stepped.delete(key)
          yield { key }
        }
      },
      async *list(prefix, options): AsyncGenerator<ListEntry> {
        for await (const entry of base.list(prefix, options)) {
          await step(`list ${prefix}`)
          yield entry
        }
        await step(`list ${prefix} ends`)
      },
      [Symbol.asyncDispose]: async () => {},
    }
    return stepped
  }

  clock(actor: string): LeaseClock {
    return {
      stopwatch: () => {
        const started = this.now
        return () => this.now - started
      },
      wait: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason)
          const entry: Pending = { actor, issued: this.now, until: this.now + ms, go: resolve }
          this.#pending.push(entry)
          signal?.addEventListener('abort', () => {
            this.#pending = this.#pending.filter(other => other !== entry)
            reject(signal.reason)
          })
        }),
    }
  }

  start(actor: string, task: () => Promise<unknown>): void {
    this.#alive.set(
      actor,
      task()
        .catch(error => this.log.push(`${actor} failed: ${error instanceof Error ? error.message : error}`))
        .finally(() => this.#alive.delete(actor)),
    )
  }

  get alive(): readonly string[] {
    return [...this.#alive.keys()]
  }

  /** What it has sent is lost, or takes effect and nobody hears of it. */
  kill(actor: string): void {
    this.log.push(`${actor} is killed`)
    this.#killed.add(actor)
    this.#alive.delete(actor)
    const [sent, rest] = [
      this.#pending.filter(one => one.actor === actor),
      this.#pending.filter(one => one.actor !== actor),
    ]
    this.#pending = rest
    for (const one of sent) if (one.until === undefined && this.#random.chance(0.5)) one.go()
  }

  /** Lets one thing happen. @returns `false` when nobody is left */
  async advance(): Promise<boolean> {
    await settle()
    if (this.#alive.size === 0) return false
    // Somebody waits a moment of his own before he asks again.
    if (this.#pending.every(({ until }) => until !== undefined)) await sleep(1)
    const ready = this.#pending.filter(({ until }) => until === undefined || until <= this.now)
    const oldest = Math.min(...this.#pending.filter(({ until }) => until === undefined).map(({ issued }) => issued))
    const room = oldest + requestTakesMs - this.now
    const leaps = steps.filter(step => step <= room)
    if (ready.length > 0 && (leaps.length === 0 || !this.#random.chance(0.08))) {
      const next = this.#random.pick(ready)
      this.#pending = this.#pending.filter(one => one !== next)
      next.go()
    } else if (leaps.length > 0) {
      // no further than to where somebody wakes up: a lease is renewed in time, unless whoever holds it sleeps
      const wakes = Math.min(...this.#pending.flatMap(({ until }) => (until === undefined ? [] : [until])))
      const leap = this.#random.pick(leaps)
      this.now += Math.max(1, wakes > this.now ? Math.min(leap, wakes - this.now) : leap)
    }
    await settle()
    return true
  }

  onChange: () => void = () => {}

  #changed(): void {
    this.onChange()
  }

  #step(actor: string, what: string): Promise<void> {
    // whoever is killed is never heard of again
    if (this.#killed.has(actor)) return new Promise(() => {})
    return new Promise(resolve => {
      this.#pending.push({
        actor,
        issued: this.now,
        go: () => {
          this.log.push(`${new Date(this.now).toISOString()} ${actor}: ${what}`)
          resolve()
        },
      })
    })
  }
}

/** Until everybody waits for the world. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
}
