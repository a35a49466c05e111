import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, type S3Place } from './s3-place.ts'

/** How one process fared. */
export interface Outcome {
  readonly digest: string
  readonly won: boolean
  readonly error?: string
}

export interface Racers extends AsyncDisposable {
  /** Lets all processes push to one tag at once. */
  push(image: string, mode: 'if-absent' | 'moving'): Promise<Outcome[]>
}

/** Starts processes that wait for the word. */
export async function startRacers(place: S3Place, bucket: string, processes: number): Promise<Racers> {
  const cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
  const worker = path.join(import.meta.dirname, 's3-race-worker.ts')
  const env = { PATH: process.env.PATH, HOME: cache, ...environmentOf(place, cache) }
  const racers = Array.from({ length: processes }, (_, i) => {
    const child = spawn(process.execPath, [worker, bucket, `racer ${i}`], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<string> => {
      const { value, done } = await lines.next()
      if (done) throw new Error(`racer ${i} has ended`)
      return value
    }
    return { child, next }
  })
  await Promise.all(racers.map(({ next }) => next()))
  return {
    async push(image, mode) {
      for (const { child } of racers) child.stdin.write(`${image} ${mode}\n`)
      return await Promise.all(racers.map(async ({ next }) => JSON.parse(await next())))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        racers.map(({ child }) => {
          const ended = new Promise(resolve => child.once('close', resolve))
          child.stdin.end()
          return ended
        }),
      )
    },
  }
}

/** What is wrong with the outcome of a race to create a tag: exactly one wins, and the others are told by whom they were beaten. */
export function faultsOfRace(outcomes: readonly Outcome[]): string[] {
  const winners = outcomes.filter(({ won }) => won)
  const [winner] = winners
  if (winner === undefined || winners.length > 1) return [`${winners.length} won`]
  return outcomes.flatMap(({ won, error = '' }) => (won || error.includes(winner.digest) ? [] : [error]))
}
