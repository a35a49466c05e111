import { expect, test } from 'vitest'
import { type BenchReport, renderReport } from '../../bench/bench-report.ts'
import { requestKind } from '../../bench/request-kinds.ts'
import { median, medianRatio } from '../../bench/statistics.ts'

test.each([
  [[], Number.NaN],
  [[3], 3],
  [[9, 1, 5], 5],
  [[1, 2, 10, 3], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

test('a ratio is made of what ran in the same round', () => {
  // the machine was slow in the second round: the medians alone would say 3
  expect(medianRatio([2, 20, 6], [1, 10, 2])).toBe(2)
  expect(medianRatio([4], [2, 5])).toBe(2)
})

const sample = (seconds: number) => ({
  seconds,
  cpuSeconds: seconds / 2,
  peakBytes: 100 * 2 ** 20,
  othersCpuSeconds: 0,
})
const counted = { requests: 7, connections: 2, bytesUp: 0, bytesDown: 1, kinds: { 'GET blobs': 7 } }

const report: BenchReport = {
  machine: { node: 'v24' },
  scenarios: [
    {
      letter: 'a',
      title: 'Layers',
      shows: 'what it costs',
      sizes: { layerBytes: 1_000_000 },
      contests: [
        {
          title: 'pulled',
          bytes: 4_000_000,
          rows: [
            { name: 'lading', samples: [sample(1), sample(2), sample(4)], counted },
            { name: 'skopeo', samples: [sample(2), sample(4), sample(8)], counted },
            { name: 'oras', samples: [], failure: 'it\nfell over' },
          ],
        },
      ],
    },
    { letter: 'g', title: 'Docker', shows: 'more', sizes: {}, skipped: 'needs dockerd', contests: [] },
  ],
}

test('a report is a table for each contest, and says what was not run or failed', () => {
  expect(renderReport(report)).toBe(`# Benchmarks

- node: v24

## (a) Layers

It shows what it costs. layerBytes 1 000 000.

### (a) pulled

| program | seconds | min–max | MB/s | to lading | CPU s | peak MiB | requests | connections |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| lading | 2.00 | 1.00–4.00 | 2 | 1.00× | 1.00 | 100 | 7 | 2 |
| skopeo | 4.00 | 2.00–8.00 | 1 | 2.00× | 2.00 | 100 | 7 | 2 |

oras failed: it fell over

## (g) Docker

It shows more.

Not run, or not to its end: needs dockerd.
`)
})

test.each([
  ['/v2/', 'ping'],
  ['/v2/team/app/manifests/v1', 'manifests'],
  ['/v2/app/blobs/sha256:0', 'blobs'],
  ['/v2/app/blobs/uploads/', 'uploads'],
  ['/v2/app/blobs/uploads/1?digest=sha256:0', 'uploads'],
  ['/v2/app/blobs/uploads/?mount=sha256:0&from=b', 'mount'],
  ['/v2/app/tags/list', 'tags'],
  ['/v2/app/referrers/sha256:0', 'referrers'],
  ['/token?scope=a', 'token'],
  ['/bucket/key?partNumber=1&uploadId=2', 'part'],
  ['/bucket/key?uploads', 'upload'],
  ['/bucket?list-type=2&prefix=a', 'list'],
  ['/bucket/blobs/sha256/0', 'object'],
])('%s asks for %s', (path, kind) => {
  expect(requestKind(path)).toBe(kind)
})
