import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { prices } from '../../src/bucket/stats/prices.ts'
import { storeStats } from '../../src/bucket/stats/store-stats.ts'
import { computedStore } from './computed-store.ts'
import { print } from './print.ts'

/**
 * How much memory it takes to count a bucket of 100 000 tags and a million blobs: each time in a process of its own, beside one that only
 * starts. The bucket itself takes none. `node bucket-size.ts [IMAGES]`, of 100 tags each
 */
const limitBytes = 200e6

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
}

function stats(store: ReturnType<typeof computedStore>, layers: boolean) {
  return storeStats(store, { path: '', layers, limit: 50, prices, arePricesGiven: false })
}

const [images = '1000', task] = process.argv.slice(2)
const run = task === undefined ? undefined : tasks[task]
if (run === undefined) {
  let started = 0
  for (const name of Object.keys(tasks)) {
    const child = fork(import.meta.filename, [images, name], { execArgv: ['--no-warnings'] })
    const [[peak], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
    if (started === 0) started = peak
    const more = peak - started
    print(`${name}: ${Math.round(more / 1e6)} MB more than to start`)
    if (code !== 0 || more > limitBytes) process.exitCode = 1
  }
} else {
  // As bin/lading.js does.
  setFlagsFromString('--semi-space-growth-factor=1')
  const store = computedStore({ images: Number(images), tagsOfImage: 100, layersOfTag: 9 })
  const started = performance.now()
  const found = await run(store)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const peak = process.resourceUsage().maxRSS * 1024
  print(`${task}: ${found}; ${seconds} s, peak ${Math.round(peak / 1e6)} MB`)
  process.send?.(peak)
}
