import { expect, test } from 'vitest'
import { interleave, plantedBugs } from './interleaving.ts'

test('no tag is ever without a blob that it needs, while pushes, deletions, cleans and kills come in any order', async () => {
  for (let seed = 1; seed <= 40; seed++) await interleave(seed)
}, 120_000)

// A test that could not fail would prove nothing: each part of the protocol is missed when it is left out.
// That a condition is missing shows in one of some hundred interleavings: that is left to the proof.
test.each(plantedBugs.filter(bug => bug !== 'no condition'))('%s is noticed', async bug => {
  await expect(
    (async () => {
      for (let seed = 1; seed <= 400; seed++) await interleave(seed, bug)
    })(),
  ).rejects.toThrow(/needs sha256:[0-9a-f]+, which is not there/)
}, 300_000)
