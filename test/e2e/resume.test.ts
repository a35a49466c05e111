import { expect, test } from 'vitest'
import { killCopy } from '../resume/kill-copy.ts'
import { openPair, type PairOptions } from '../resume/resume-pairs.ts'
import { describeWithServices } from '../services/describe-with-services.ts'

const mib = 1024 * 1024
const bytes = 40 * mib
const part = 8 * mib
const timeout = 90_000

interface Pair extends Omit<PairOptions, 'bytes'> {
  readonly lanes?: string
}

/** What was moved twice, in bytes. The second run has checked the rest. */
async function killed({ lanes, ...places }: Pair): Promise<{ down: number; up: number }> {
  await using stack = new AsyncDisposableStack()
  const pair = await openPair({ ...places, bytes }, stack)
  const env = { ...pair.env, ...(lanes === undefined ? {} : { LADING_LANES: lanes }) }
  const { before, again } = await killCopy({ ...pair, env, share: 0.7 })
  expect(Math.max(before.down, before.up)).toBeGreaterThan(0.7 * bytes)
  return again
}

const pairs: Readonly<Record<string, Pair>> = {
  'a directory': { from: 'registry', to: 'directory', bytesPerSecond: 2e6 },
  'a directory, as a stream': { from: 'registry', to: 'directory', bytesPerSecond: 10e6, lanes: 'stream' },
  'gs://, as a stream': { from: 'registry', to: 'gcs', bytesPerSecond: 10e6 },
  'another one': { from: 'registry', to: 'registry', bytesPerSecond: 10e6 },
}

describeWithServices(['docker-registry'], 'a copy that is killed goes on in another process, from a registry', () => {
  test.concurrent.each(Object.entries(pairs))(
    'to %s: at most two parts are moved again',
    { timeout },
    async (_, pair) => {
      const { down, up } = await killed(pair)
      expect(Math.max(down, up)).toBeLessThanOrEqual(2 * part)
    },
  )
})

describeWithServices(
  ['docker-registry', 'radosgw'],
  'a copy that is killed goes on in another process, from a registry',
  () => {
    test('to s3://, in parts: no part that arrived is moved again', { timeout }, async () => {
      const { down, up } = await killed({ from: 'registry', to: 's3', bytesPerSecond: 3e6 })
      // as many as are on their way
      expect(down).toBeLessThanOrEqual(4 * part)
      expect(up).toBeLessThanOrEqual(4 * part)
    })
  },
)

describeWithServices(
  ['docker-registry', 'azurite-blob'],
  'a copy that is killed goes on in another process, from',
  () => {
    test('to az://: at most two parts are moved again', { timeout }, async () => {
      const { down, up } = await killed({ from: 'registry', to: 'azure', bytesPerSecond: 10e6 })
      expect(down).toBeLessThanOrEqual(2 * part)
      expect(up).toBeLessThanOrEqual(2 * part)
    })
  },
)
