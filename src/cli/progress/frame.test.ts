import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { frame } from './frame.ts'
import { Tally } from './tally.ts'

/** Three blobs of five, half a second after the first byte. */
function halfWay(): Tally {
  const tally = new Tally(1000)
  tally.add({ type: 'planned', blobs: 5, bytes: 120_000_000 })
  tally.add({ type: 'mounted', digest: digestOfLetter('0'), kind: 'layer', size: 20_000_000 })
  tally.add({ type: 'started', digest: digestOfLetter('a'), kind: 'layer', size: 60_000_000 })
  tally.add({ type: 'started', digest: digestOfLetter('b'), kind: 'config', size: 1500 })
  tally.add({ type: 'started', digest: digestOfLetter('c'), kind: 'blob', size: 0 })
  tally.sample(0)
  tally.add({ type: 'progress', digest: digestOfLetter('a'), bytes: 20_000_000 })
  tally.sample(500)
  return tally
}

describe('a frame', () => {
  test.each([
    [
      { columns: 100, rows: 24 },
      [
        'layer    sha256:aaaaaaaaaaaa [==========                    ] 20.0 MB / 60.0 MB',
        'config   sha256:bbbbbbbbbbbb [                              ] 0 B / 1.5 kB',
        'blob     sha256:cccccccccccc [==============================] 0 B / 0 B',
        ' 33%  40.0 MB of 120 MB  40.0 MB/s  2.0s left  1 of 5 blobs',
      ],
    ],
    [
      { columns: 60, rows: 24 },
      [
        'layer    sha256:aaaaaaaaaaaa [===       ] 20.0 MB / 60.0 MB',
        'config   sha256:bbbbbbbbbbbb [          ] 0 B / 1.5 kB',
        'blob     sha256:cccccccccccc [==========] 0 B / 0 B',
        ' 33%  40.0 MB of 120 MB  40.0 MB/s  2.0s left  1 of 5 blobs',
      ],
    ],
    [
      { columns: 30, rows: 24 },
      [
        ' 33% layer    sha256:aaaaaaaaa',
        '  0% config   sha256:bbbbbbbbb',
        '100% blob     sha256:ccccccccc',
        ' 33%  40.0 MB of 120 MB  40.0',
      ].map(line => line.slice(0, 29)),
    ],
    [
      { columns: 60, rows: 4 },
      [
        'layer    sha256:aaaaaaaaaaaa [===       ] 20.0 MB / 60.0 MB',
        '... and 2 more',
        ' 33%  40.0 MB of 120 MB  40.0 MB/s  2.0s left  1 of 5 blobs',
      ],
    ],
    [{ columns: 60, rows: 1 }, [' 33%  40.0 MB of 120 MB  40.0 MB/s  2.0s left  1 of 5 blobs']],
  ])('on %j', (screen, lines) => {
    expect(frame(halfWay(), screen)).toEqual(lines)
  })

  test('before the plan', () => {
    expect(frame(new Tally(1000), { columns: 80, rows: 24 })).toEqual(['planning'])
  })

  test('fits every screen', () => {
    const size = fc.integer({ min: 1, max: 300 })
    fc.assert(
      fc.property(size, size, (columns, rows) => {
        const lines = frame(halfWay(), { columns, rows })
        return lines.length <= Math.max(1, rows - 1) && lines.every(line => line.length < Math.max(2, columns))
      }),
    )
  })
})
