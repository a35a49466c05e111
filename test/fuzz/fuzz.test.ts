import { describe, expect, test } from 'vitest'
import { readCorpus } from './corpus.ts'
import { fuzzTarget } from './fuzz-target.ts'
import { fuzzTargets } from './targets.ts'
import { type Finding, tryInput } from './try-input.ts'

/** The same inputs in each run: what is new is found with `npm run proof:fuzz`. */
const seed = 20_261_121

/** What is to be seen of it where it fails. */
function shown(finding: Finding | undefined): string | undefined {
  return finding && `${finding.what.slice(0, 1500)}\n${Buffer.from(finding.input.subarray(0, 500)).toString('base64')}`
}

describe.each(fuzzTargets)('$name', target => {
  test('takes what it is made for, and all that was wrong once', async () => {
    for (const input of [...target.seeds, ...(await readCorpus(target.name))]) {
      expect(shown(await tryInput(target, input))).toBeUndefined()
    }
  })

  test('refuses what is nearly that as it should', async () => {
    const share = target.share ?? 300
    const goesOn = (tried: number) => tried < share
    const { inputs, findings } = await fuzzTarget(target, await readCorpus(target.name), { seed, goesOn })
    expect(findings.map(shown)).toEqual([])
    expect(inputs).toBe(share)
  })
})
