import { describe, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { faultPaths, openMatrix, runCases } from './fault-matrix.ts'
import { nameOf } from './fault-path.ts'
import { judgeEnding } from './judge-ending.ts'

/** One of so many cases, on the paths that ask for most; `npm run proof:faults` runs all. */
const share = 100
const atOnce = 4

const tried = faultPaths.filter(({ side, lanes, place, broken }) => {
  const isBoth = place.name.startsWith('registry')
  if (lanes === 'stream' || broken !== undefined) return false
  return side === 'destination' || side === 'store' || (side === 'source' && isBoth)
})

for (const place of new Set(tried.map(path => path.place))) {
  const paths = tried.filter(path => path.place === place)
  const describeHere = place.services.length === 0 ? describe : describeWithServices.bind(undefined, place.services)
  describeHere(`faults on the wire: ${place.name}`, () => {
    test.concurrent.each(paths.map(path => [nameOf(path), path] as const))(
      '%s',
      async (_, path) => {
        await using matrix = await openMatrix(path, atOnce)
        // what goes on in silence takes its time
        const quick = matrix.cases.filter(({ fault: { name, times } }) => times === 1 || !name.startsWith('silence'))
        const wrong: string[] = []
        const sample = quick.filter((_, index) => index % share === 1)
        await runCases(sample, atOnce, (matrixCase, ending) => wrong.push(judgeEnding(matrixCase, ending) ?? ''))
        expect(wrong.filter(Boolean)).toEqual([])
        expect(wrong.length).toBeGreaterThan(0)
      },
      120_000,
    )
  })
}
