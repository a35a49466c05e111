import { expectedEnds } from './expected-end.ts'
import type { MatrixCase } from './fault-matrix.ts'
import type { Ending } from './run-case.ts'

/** What is wrong with how a case ended, in one line; `undefined` where nothing is. */
export function judgeEnding(matrixCase: MatrixCase, { end, defects, isReached, error }: Ending): string | undefined {
  const expected: readonly string[] = expectedEnds(matrixCase)
  const faults = [
    ...(isReached ? [] : ['there was no such request']),
    ...(expected.includes(end) ? [] : [`it was to end with ${expected.join(' or ')}`]),
    ...defects,
  ]
  if (faults.length === 0) return undefined
  const { path, kind, skip, fault } = matrixCase
  const which = skip === 0 ? '' : ` (number ${skip + 1})`
  const why = error === undefined ? '' : ` (${error.side}, ${error.operation}: ${error.message})`
  return `${path}: ${kind}${which}: ${fault.name}: ends with ${end}${why}: ${faults.join('; ')}`
}
