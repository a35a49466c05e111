import { mutate } from './mutate.ts'
import { Random } from './random.ts'
import type { FuzzTarget } from './target.ts'
import { type Finding, tryInput } from './try-input.ts'

export interface FuzzOptions {
  readonly seed: number
  /** Whether another input is wanted, after so many. */
  readonly goesOn: (inputs: number) => boolean
  /** Hears of each input before it is tried: one that never ends is known to nobody else. */
  readonly onInput?: ((input: Uint8Array) => void) | undefined
}

export interface FuzzResult {
  readonly inputs: number
  readonly findings: readonly Finding[]
}

/** One of each kind is enough. */
const maxFindings = 10

/** Gives a target inputs that are nearly what it reads, until enough. */
export async function fuzzTarget(
  target: FuzzTarget,
  corpus: readonly Uint8Array[],
  { seed, goesOn, onInput }: FuzzOptions,
): Promise<FuzzResult> {
  const random = new Random(seed)
  const starts = [...target.seeds, ...corpus]
  const findings = new Map<string, Finding>()
  let inputs = 0
  while (goesOn(inputs) && findings.size < maxFindings) {
    const mutant = mutate(random.pick(starts), starts, target.words ?? [], random)
    const input = target.repair !== undefined && random.below(4) > 0 ? target.repair(mutant) : mutant
    onInput?.(input)
    inputs++
    const finding = await tryInput(target, input)
    if (finding !== undefined) findings.set(kindOf(finding), smaller(finding, findings.get(kindOf(finding))))
  }
  return { inputs, findings: [...findings.values()] }
}

/** Where it was thrown, whatever the message says of the input. */
function kindOf({ what }: Finding): string {
  const place = /^\s+at .*\/src\/.*$/m.exec(what)?.[0]
  return place ?? what.replace(/\d+/g, '0').slice(0, 80)
}

function smaller(one: Finding, other: Finding | undefined): Finding {
  return other !== undefined && other.input.byteLength <= one.input.byteLength ? other : one
}
