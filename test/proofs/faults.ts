import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { faultPaths, openMatrix, runCases } from '../faults/fault-matrix.ts'
import { nameOf } from '../faults/fault-path.ts'
import { judgeEnding } from '../faults/judge-ending.ts'
import { missingServices } from '../services/missing-services.ts'
import { findService } from '../services/peer.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { print } from './print.ts'

/**
 * Copies an image over every path that is installed, with every fault at every kind of request, and reads back what is there then.
 * `node faults.ts [EVERY] [PATHS] [FIRST]`: one case of so many, on the paths whose names match, from that one on.
 */
const every = Number(process.argv[2] ?? 1)
const wanted = new RegExp(process.argv[3] ?? '')
const first = Number(process.argv[4] ?? 0)
/** Most of them wait. */
const atOnce = 12

process.env.XDG_CACHE_HOME = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
const sums = { paths: 0, kinds: 0, cases: 0, succeeded: 0, failed: 0, wrong: 0 }
for (const one of faultPaths) {
  const name = nameOf(one)
  if (!wanted.test(name)) continue
  const missing = missingServices(one.place.services, findService)
  if (missing !== undefined) {
    print(`${name}: skipped, ${missing}`)
    continue
  }
  await using matrix = await openMatrix(one, atOnce)
  const cases = matrix.cases.filter((_, index) => index % every === first)
  const here = { succeeded: 0, failed: 0, wrong: 0 }
  const seen = new Map<string, number>()
  await runCases(cases, atOnce, (matrixCase, ending) => {
    const problem = judgeEnding(matrixCase, ending)
    if (problem !== undefined) {
      here.wrong += 1
      print(`  ${problem}`)
    } else if (ending.end === 'succeeds') here.succeeded += 1
    else here.failed += 1
    seen.set(ending.end, (seen.get(ending.end) ?? 0) + 1)
  })
  const ends = [...seen].map(([end, count]) => `${count} ${end}`).join(', ')
  print(`${name}: ${matrix.kinds.length} kinds of requests, ${cases.length} of ${matrix.cases.length} cases: ${ends}`)
  sums.paths += 1
  sums.kinds += matrix.kinds.length
  sums.cases += cases.length
  for (const key of ['succeeded', 'failed', 'wrong'] as const) sums[key] += here[key]
}
const { paths, kinds, cases, succeeded, failed, wrong } = sums
print(
  `${cases} faults over ${paths} paths and ${kinds} kinds of requests: ${succeeded} copies were complete in spite of it, ` +
    `${failed} failed as they must and left nothing wrong, ${wrong} were wrong`,
)
if (wrong > 0) process.exitCode = 1
