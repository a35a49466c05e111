import { parentPort, workerData } from 'node:worker_threads'
import { readCorpus } from './corpus.ts'
import { fuzzTarget } from './fuzz-target.ts'
import { fuzzTargets } from './targets.ts'

/** What the thread is to do, and where it writes what it is at. */
export interface FuzzWork {
  readonly target: string
  readonly seed: number
  readonly milliseconds: number
  /** The length of the input that is being tried, and the input. */
  readonly shared: SharedArrayBuffer
}

const { target: name, seed, milliseconds, shared }: FuzzWork = workerData
const target = fuzzTargets.find(one => one.name === name)
if (target === undefined) throw new Error(`there is no target ${name}`)

const length = new Int32Array(shared, 0, 2)
const current = new Uint8Array(shared, 8)
const end = performance.now() + milliseconds
const result = await fuzzTarget(target, await readCorpus(name), {
  seed,
  goesOn: () => performance.now() < end,
  onInput(input) {
    current.set(input.subarray(0, current.byteLength))
    Atomics.store(length, 0, Math.min(input.byteLength, current.byteLength))
    Atomics.add(length, 1, 1)
  },
})
parentPort?.postMessage(result)
