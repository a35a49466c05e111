import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { cleanStore } from '../../src/bucket/clean/clean-store.ts'
import { prices } from '../../src/bucket/stats/prices.ts'
import { storeStats } from '../../src/bucket/stats/store-stats.ts'
import { parseBucketConfig, systemClock } from '../../src/layout/index.ts'
import { computedStore } from './computed-store.ts'
import { print } from './print.ts'

/**
 * How much memory it takes to look at a bucket of 100 000 tags and a million blobs. Each is a process of its own, whose peak is shown; the
 * bucket itself takes none. `node bucket-size.ts [IMAGES]`, of 100 tags each
 */
const limitBytes = 200e6
const rules = new TextEncoder().encode('default:\n  lifecycle:\n    keep_last: 50\n')

const tasks: Readonly<Record<string, (store: ReturnType<typeof computedStore>) => Promise<string>>> = {
  nothing: async ({ blobs }) => `${blobs} blobs`,
  async stats(store) {
    const found = await stats(store, false)
    return `${found.tags} tags, ${found.blobs.stored.count} blobs, ${found.incompleteTags} incomplete, ${found.savedPercent.toFixed()}% saved`
  },
  async 'stats --layers'(store) {
    const { layers } = await stats(store, true)
    return `${layers?.unique.count} layers, ${layers?.layers[0]?.tags} tags share one`
  },
  'clean, planned': async store => await plan(store, false),
  'clean with rules, planned': async store => await plan(store, true),
}

function stats(store: ReturnType<typeof computedStore>, layers: boolean) {
  return storeStats(store, { path: '', layers, limit: 50, prices, arePricesGiven: false })
}

async function plan(store: ReturnType<typeof computedStore>, tags: boolean): Promise<string> {
  const config = await parseBucketConfig(tags ? rules : new Uint8Array(), 'rules')
  const outcome = await cleanStore(store, {
    ...{ path: '', config, tags, blobs: true, apply: false, graceMs: 3_600_000, keepTrashMs: 0 },
    clock: systemClock,
  })
  return `${outcome.tags.removed.length} tags and ${outcome.blobs?.removed.count} blobs would go`
}

const [images = '1000', task] = process.argv.slice(2)
const run = task === undefined ? undefined : tasks[task]
if (run === undefined) {
  for (const name of Object.keys(tasks)) {
    const flags = ['--no-warnings', '--semi-space-growth-factor=1']
    const child = fork(import.meta.filename, [images, name], { execArgv: flags })
    const [code] = await once(child, 'exit')
    if (code !== 0) process.exitCode = 1
  }
} else {
  const store = computedStore({ images: Number(images), tagsOfImage: 100, layersOfTag: 9 })
  const started = performance.now()
  const found = await run(store)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const peak = process.resourceUsage().maxRSS * 1024
  print(`${task}: ${found}; ${seconds} s, peak ${Math.round(peak / 1e6)} MB`)
  if (peak > limitBytes) process.exitCode = 1
}
