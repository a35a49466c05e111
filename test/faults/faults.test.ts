import { describe, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { faultPaths, openMatrix, runCases } from './fault-matrix.ts'
import { nameOf } from './fault-path.ts'
import { judgeEnding } from './judge-ending.ts'

/** One of so many cases is run here; `npm run proof:faults` runs all. */
const share = 40
const atOnce = 6

for (const place of new Set(faultPaths.map(path => path.place))) {
  const paths = faultPaths.filter(path => path.place === place)
  const describeHere = place.services.length === 0 ? describe : describeWithServices.bind(undefined, place.services)
  describeHere(`faults on the wire: ${place.name}`, () => {
    test.each(paths.map((path, at) => [nameOf(path), path, at] as const))('%s', async (_, path, at) => {
      await using matrix = await openMatrix(path, atOnce)
      // what goes on in silence takes its time
      const quick = matrix.cases.filter(({ fault: { name, times } }) => times === 1 || !name.startsWith('silence'))
      const sample = quick.filter((_, index) => index % share === at)
      const wrong: string[] = []
      await runCases(sample, atOnce, (matrixCase, ending) => wrong.push(judgeEnding(matrixCase, ending) ?? ''))
      expect(wrong.filter(Boolean)).toEqual([])
      expect(wrong.length).toBeGreaterThan(0)
    })
  })
}
