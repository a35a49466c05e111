import { interleave, type PlantedBug, plantedBugs } from '../cleaning/interleaving.ts'
import { print } from './print.ts'

/**
 * Pushes, deletions and cleans in every order that a seed gives, each followed by a look at every tag; then the same with a part of the
 * protocol left out, until that is missed. `node clean-model.ts [SEEDS]`
 */
const seeds = Number(process.argv[2] ?? 2000)
const first = Date.now() % 1_000_000

const { requests } = await run(first, seeds)
print(
  `${seeds} interleavings from seed ${first}, ${requests} requests: no tag was ever incomplete, and nothing was left in the end`,
)
for (const bug of plantedBugs) {
  const started = performance.now()
  const found = await run(first, seeds, bug).then(
    () => 'not found',
    () => `found after ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
  print(`planted: ${bug}: ${found}`)
  if (found === 'not found') process.exitCode = 1
}

async function run(from: number, count: number, bug?: PlantedBug): Promise<{ requests: number }> {
  let requests = 0
  for (let seed = from; seed < from + count; seed++) requests += (await interleave(seed, bug)).requests
  return { requests }
}
