import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { DoctorReport } from '../../bucket/index.ts'

const healthy: DoctorReport = {
  bucket: 'local://./images/',
  healthy: true,
  checks: [
    { name: 'access', state: 'ok', message: 'the bucket can be listed' },
    {
      ...{ name: 'layout', state: 'note', message: '2 names at the top do not belong' },
      ...{ counts: { foreign: 2 }, names: ['a\nb', 'c'] },
    },
    {
      name: 'orphans',
      state: 'note',
      message: '3 blobs',
      hint: 'clean',
      counts: { blobs: 3, bytes: 12_400_000, old: 1 },
    },
  ],
  tags: { checked: 2, incomplete: 0 },
  incomplete: [],
  damaged: [],
}

const flaw = { digest: digestOfLetter('c'), kind: 'layer', size: 4_200_000, platform: 'linux/arm64' } as const
const broken: DoctorReport = {
  ...healthy,
  healthy: false,
  checks: [
    { name: 'tags', state: 'failed', message: '3 of 4 tags', hint: 'repair', counts: { checked: 4, incomplete: 3 } },
  ],
  tags: { checked: 4, incomplete: 3 },
  incomplete: [
    {
      ...{ image: 'app', tag: 'v1', digest: digestOfLetter('a') },
      flaws: [
        { ...flaw, flaw: 'missing' },
        { ...flaw, flaw: 'wrong-size', actualSize: 7 },
        { digest: flaw.digest, size: 9, kind: 'config', flaw: 'damaged', why: 'other bytes' },
      ],
    },
    {
      ...{ image: 'app', tag: 'v2', digest: digestOfLetter('b') },
      flaws: Array.from({ length: 12 }, () => ({ ...flaw, flaw: 'missing' as const })),
    },
  ],
  damaged: [{ digest: digestOfLetter('d'), size: 9, why: 'other bytes' }],
  verified: { blobs: 4, bytes: 2_000_000, damaged: 2, seconds: 2 },
}

function doctor(report: DoctorReport, ...words: string[]) {
  return runLading(['doctor', 'local://./images/', ...words], { library: { checkBucket: async () => report } })
}

describe('doctor prints', () => {
  test('each check on a line, and exits with 0', async () => {
    expect(await doctor(healthy)).toEqual({
      exit: 0,
      stderr: '',
      stdout: `local://./images/
ok       access         the bucket can be listed
note     layout         2 names at the top do not belong
                        a\ufffdb, c
note     orphans        3 blobs (12.4 MB)
                        clean
`,
    })
  })

  test('what is wrong, and exits with 1 and one line', async () => {
    const run = await doctor(broken)
    expect(run.exit).toBe(1)
    const missing = `  linux/arm64 layer ${flaw.digest} (4.2 MB): missing\n`
    expect(run.stdout).toBe(`local://./images/
failed   tags           3 of 4 tags
                        repair

app:v1 ${digestOfLetter('a')}
${missing}  linux/arm64 layer ${flaw.digest} (4.2 MB): 7 bytes are there, not 4200000
  config ${flaw.digest} (9 B): damaged: other bytes
app:v2 ${digestOfLetter('b')}
${missing.repeat(10)}  and 2 more
and 1 more tag

damaged ${digestOfLetter('d')} (9 B): other bytes
and 1 more damaged blob
4 blobs read, 2.0 MB in 2.0s (1.0 MB/s)
`)
    expect(run.stderr).toBe(
      'lading: check bucket local://./images/: 3 of 4 tags cannot be pulled whole\n' +
        '  hint: `lading repair local://./images/ --from SOURCE` fetches what is missing from wherever the images still are\n',
    )
  })

  test('JSON, with one error on stderr', async () => {
    const run = await doctor(broken, '--output', 'json')
    expect(JSON.parse(run.stdout)).toEqual(broken)
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'unhealthy', subject: 'local://./images/' } })
  })
})

describe('doctor exits', () => {
  test.each<[number, DoctorReport['checks']]>([
    [2, [{ name: 'access', state: 'failed', code: 'bucket-not-found', message: 'no such bucket', hint: 'look' }]],
    [3, [{ name: 'permissions', state: 'failed', code: 'denied', message: 'write object: no' }]],
    [1, [{ name: 'configuration', state: 'failed', message: 'line 2 cannot be used' }]],
    [
      1,
      [
        { name: 'permissions', state: 'failed', code: 'denied', message: 'no' },
        { name: 'configuration', state: 'failed', message: 'line 2 cannot be used' },
      ],
    ],
  ])('with %d', async (exit, checks) => {
    const { tags: _, ...rest } = healthy
    const run = await doctor({ ...rest, healthy: false, checks })
    expect(run.exit).toBe(exit)
    expect(run.stderr).toContain(checks.at(-1)?.message)
  })
})

test('doctor hands on what it was told', async () => {
  const calls: unknown[][] = []
  await runLading(['doctor', 's3://b/dev/*', '--verify', '--read-only', '--jobs=3', '--endpoint', 'http://h'], {
    library: {
      async checkBucket(...words) {
        calls.push(words)
        return healthy
      },
    },
  })
  expect(calls).toEqual([
    [
      's3://b/dev/*',
      expect.objectContaining({ verify: true, readOnly: true, jobs: 3, cloud: { endpoint: 'http://h' } }),
    ],
  ])
})
