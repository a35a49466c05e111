import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Outcome, Race } from './tag-race.ts'

export interface Racers extends AsyncDisposable {
  /** Starts them all at once and waits for every one. */
  run(race: Race): Promise<Outcome[]>
}

/** Starts `count` processes of a worker; each gets a name as its last argument. */
export async function startRacers(count: number, worker: string, args: readonly string[]): Promise<Racers> {
  const racers = Array.from({ length: count }, (_, i) => {
    const child = spawn(process.execPath, [worker, ...args, `racer-${i}`], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const line = async () => {
      const { value, done } = await lines.next()
      if (done) throw new Error(`racer ${i} has ended`)
      return value
    }
    return { child, line }
  })
  await Promise.all(racers.map(({ line }) => line()))
  return {
    async run(race) {
      for (const { child } of racers) child.stdin.write(`${JSON.stringify(race)}\n`)
      return await Promise.all(racers.map(async ({ line }): Promise<Outcome> => JSON.parse(await line())))
    },
    async [Symbol.asyncDispose]() {
      for (const { child } of racers) child.stdin.end()
      await Promise.all(racers.map(({ child }) => child.exitCode ?? once(child, 'exit')))
    },
  }
}
