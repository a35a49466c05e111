import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { putImage } from '../../testing/bucket-image.ts'
import { buildImage } from '../../testing/build-image.ts'
import { storeWith } from '../../testing/store-with.ts'
import type { CheckName, DoctorReport } from './doctor-report.ts'
import { examineBucket } from './examine-bucket.ts'

const text = (value: string) => new TextEncoder().encode(value)

function examine(store: ObjectStore, signal = new AbortController().signal) {
  const options = { verify: true, readOnly: false, jobs: 3, listen: () => {}, warnings: () => [], signal }
  return examineBucket(store, '', options)
}

function found(report: Omit<DoctorReport, 'bucket'>, name: CheckName) {
  return report.checks.filter(check => check.name === name)
}

async function storeWithImage(): Promise<ObjectStore> {
  const store = memoryStore()
  await putImage(store, buildImage(), 'app', 'v1')
  return store
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list('')) if (entry.kind === 'object') keys.push(entry.info.key)
  return keys
}

describe('what cannot be done', () => {
  test.each(['put', 'list', 'get'] as const)('an interruption at %s is no finding, and leaves nothing', async at => {
    const store = await storeWithImage()
    const before = await keysOf(store)
    const ended = new AbortController()
    const interrupted = new LadingError('interrupted', 'interrupted')
    const stopped = storeWith(store, {
      put: async (key, body, options) => {
        const info = await store.put(key, body, options)
        if (at === 'put') ended.abort(interrupted)
        return info
      },
      async *list(prefix, options) {
        if (at === 'list' && prefix === 'blobs/sha256/') ended.abort(interrupted)
        yield* store.list(prefix, options)
      },
      get(key, options) {
        if (at === 'get' && key.startsWith('manifests/')) ended.abort(interrupted)
        return store.get(key, options)
      },
    })
    await expect(examine(stopped, ended.signal)).rejects.toBe(interrupted)
    expect(await keysOf(store)).toEqual(before)
  })

  test('a tag that may not be read fails with its reason, and the rest is looked at', async () => {
    const store = await storeWithImage()
    const closed = storeWith(store, {
      get: (key, options) =>
        key.startsWith('manifests/') ? Promise.reject(new LadingError('denied', 'no')) : store.get(key, options),
    })
    const report = await examine(closed)
    expect(report.healthy).toBe(false)
    expect(found(report, 'tags')).toEqual([{ name: 'tags', state: 'failed', code: 'denied', message: 'no' }])
    expect(found(report, 'leases')).toMatchObject([{ state: 'ok' }])
  })

  test('a bucket that may not be listed is not looked at', async () => {
    const closed = storeWith(memoryStore(), {
      async *list() {
        yield* []
        throw new LadingError('denied', 'no', { hint: 'ask' })
      },
    })
    const denied = { name: 'access', state: 'failed', code: 'denied', message: 'no', hint: 'ask' }
    expect(await examine(closed)).toEqual({ healthy: false, checks: [denied], incomplete: [], damaged: [] })
  })

  test('a configuration that cannot be read fails, with its line', async () => {
    const store = await storeWithImage()
    await store.put('s3lo.yaml', text('default:\n  immutable: perhaps\n'))
    const report = await examine(store)
    expect(report.healthy).toBe(false)
    expect(found(report, 'configuration')).toMatchObject([
      { state: 'failed', message: expect.stringContaining('line 2') },
    ])
  })

  test.each<[string, 'ifNoneMatch' | 'ifMatch']>([
    ['create', 'ifNoneMatch'],
    ['replace', 'ifMatch'],
  ])('a store that ignores the condition to %s is a warning', async (_, ignored) => {
    const store = memoryStore()
    const careless = storeWith(store, {
      put: (key, body, options) => store.put(key, body, { ...options, [ignored]: undefined }),
    })
    const report = await examine(careless)
    expect(report.healthy).toBe(true)
    expect(found(report, 'conditions')).toMatchObject([{ state: 'warning', hint: expect.stringContaining('push') }])
  })

  test.each([
    [30, 'ok'],
    [-90, 'note'],
    [120, 'note'],
    [700, 'warning'],
  ])('a clock that is off by %d s: %s', async (seconds, state) => {
    const store = memoryStore({ now: () => new Date(Date.now() + seconds * 1000) })
    expect(found(await examine(store), 'clock')).toMatchObject([{ state }])
  })
})
