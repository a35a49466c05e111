import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { keepInput, readCorpus } from '../fuzz/corpus.ts'
import type { FuzzResult } from '../fuzz/fuzz-target.ts'
import type { FuzzWork } from '../fuzz/fuzz-worker.ts'
import { fuzzTargets } from '../fuzz/targets.ts'
import type { Finding } from '../fuzz/try-input.ts'
import { print } from './print.ts'

/**
 * Gives every parser mutated inputs, each target in a thread of its own that is ended where an input never is.
 * `node fuzz.ts [--seconds N] [--target T] [--seed S]`
 */
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, target: { type: 'string' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
const milliseconds = Number(values.seconds) * 1000
const chosen = fuzzTargets.filter(({ name }) => values.target === undefined || name === values.target)
if (chosen.length === 0) throw new Error(`the targets are ${fuzzTargets.map(({ name }) => name).join(', ')}`)
/** Without another input. An input that takes so long is a finding whatever becomes of it. */
const silenceMs = 20_000
const headBytes = 8

let inputs = 0
let findings = 0
for (const { name, seeds } of chosen) {
  const result = await inThread(name)
  const corpus = (await readCorpus(name)).length
  inputs += result.inputs
  findings += result.findings.length
  print(
    `${name.padEnd(26)} ${String(result.inputs).padStart(9)} inputs, ${seeds.length + corpus} to begin with, ${result.findings.length} findings`,
  )
  for (const { input, what } of result.findings)
    print(`  ${await keepInput(name, input)}\n    ${what.replaceAll('\n', '\n    ')}`)
}
print(`${chosen.length} targets, ${inputs} inputs from seed ${seed}, ${findings} findings`)
if (findings > 0) process.exitCode = 1

async function inThread(target: string): Promise<FuzzResult> {
  const shared = new SharedArrayBuffer(headBytes + 512 * 1024)
  const work: FuzzWork = { target, seed, milliseconds, shared }
  const worker = new Worker(new URL('../fuzz/fuzz-worker.ts', import.meta.url), { workerData: work })
  const state = new Int32Array(shared, 0, 2)
  const { promise, resolve } = Promise.withResolvers<FuzzResult>()
  const gaveUp = (what: string) => {
    const length = Atomics.load(state, 0)
    const input = Uint8Array.from(new Uint8Array(shared, headBytes, length))
    const finding: Finding = { target, input, what }
    resolve({ inputs: Atomics.load(state, 1), findings: [finding] })
  }
  worker.on('message', resolve)
  worker.on('error', error =>
    gaveUp(`the thread ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  )
  let before = -1
  const watch = setInterval(() => {
    const now = Atomics.load(state, 1)
    if (now > 0 && now === before) gaveUp(`it never ends: nothing came for ${silenceMs / 1000} s`)
    before = now
  }, silenceMs)
  try {
    return await promise
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
