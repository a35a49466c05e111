import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import type { CopyEvent } from '../../copy/events.ts'
import { Tally } from './tally.ts'

const a = digestOfLetter('a')
const layer = { digest: a, kind: 'layer', size: 100 } as const

function tallyOf(...events: CopyEvent[]): Tally {
  const tally = new Tally(1000)
  for (const event of events) tally.add(event)
  return tally
}

const planned = { type: 'planned', blobs: 2, bytes: 150 } as const
const started = { type: 'started', ...layer } as const

describe('Tally', () => {
  test.each<[string, CopyEvent[], { blobs: object; bytes: object; active: number }]>([
    ['nothing', [], { blobs: { settled: 0, all: 0 }, bytes: { settled: 0, all: 0 }, active: 0 }],
    ['a plan', [planned], { blobs: { settled: 0, all: 2 }, bytes: { settled: 0, all: 150 }, active: 0 }],
    [
      'a blob on its way',
      [planned, started, { type: 'progress', digest: a, bytes: 30 }, { type: 'progress', digest: a, bytes: 20 }],
      { blobs: { settled: 0, all: 2 }, bytes: { settled: 50, all: 150 }, active: 1 },
    ],
    [
      'a blob that arrived',
      [planned, started, { type: 'progress', digest: a, bytes: 100 }, { type: 'copied', ...layer }],
      { blobs: { settled: 1, all: 2 }, bytes: { settled: 100, all: 150 }, active: 0 },
    ],
    [
      'a blob that was mounted',
      [planned, { type: 'mounted', ...layer }],
      { blobs: { settled: 1, all: 2 }, bytes: { settled: 100, all: 150 }, active: 0 },
    ],
    [
      'a blob that was read where it is',
      [planned, started, { type: 'progress', digest: a, bytes: 100 }, { type: 'verified', ...layer, kind: 'blob' }],
      { blobs: { settled: 1, all: 2 }, bytes: { settled: 100, all: 150 }, active: 0 },
    ],
    [
      'a copy that begins anew',
      [
        planned,
        { type: 'copied', ...layer },
        started,
        { type: 'retried', subject: 'it', attempt: 1, waitSeconds: 1, reason: 'x', whole: true },
        { type: 'planned', blobs: 1, bytes: 50 },
      ],
      { blobs: { settled: 0, all: 1 }, bytes: { settled: 0, all: 50 }, active: 0 },
    ],
    [
      'what the plan does not count: manifests, and what is there already',
      [planned, { type: 'skipped', ...layer }, { type: 'copied', digest: a, kind: 'manifest', size: 9 }],
      { blobs: { settled: 0, all: 2 }, bytes: { settled: 0, all: 150 }, active: 0 },
    ],
    [
      'more than was planned',
      [planned, { type: 'copied', ...layer, size: 200 }],
      { blobs: { settled: 1, all: 2 }, bytes: { settled: 200, all: 200 }, active: 0 },
    ],
  ])('of %s', (_, events, { blobs, bytes, active }) => {
    const tally = tallyOf(...events)
    expect({ blobs: tally.blobs, bytes: tally.bytes, active: tally.active.length }).toEqual({ blobs, bytes, active })
  })

  test('takes the rate over its window, of the bytes that moved', () => {
    const tally = tallyOf(planned, started)
    const at = (now: number, bytes: number) => {
      tally.add({ type: 'progress', digest: a, bytes })
      tally.sample(now)
      return [tally.bytesPerSecond, tally.secondsLeft]
    }
    expect(at(0, 0)).toEqual([undefined, undefined])
    expect(at(500, 10)).toEqual([20, 7])
    expect(at(1000, 10)).toEqual([20, 6.5])
    expect(at(1500, 30)).toEqual([40, 2.5])
    tally.add({ type: 'mounted', ...layer, size: 50, digest: digestOfLetter('b') })
    expect(at(2500, 0)).toEqual([0, undefined])
  })
})
