import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { RepairResult } from '../../bucket/index.ts'

const piece = { image: 'app', tag: 'v1', kind: 'layer', size: 4_200_000, platform: 'linux/arm64' } as const
const whole: RepairResult = {
  bucket: 'local://./images/',
  complete: true,
  tags: { checked: 2, repaired: 1, incomplete: 0 },
  pieces: 1,
  bytes: 4_200_000,
  repaired: [{ ...piece, digest: digestOfLetter('a'), from: 'oci:there' }],
  missing: [],
  seconds: 2,
}
const rest: RepairResult = {
  ...whole,
  complete: false,
  tags: { checked: 2, repaired: 0, incomplete: 1 },
  missing: [{ ...piece, digest: digestOfLetter('b'), why: 'oci:there: no layer' }],
}

function repair(result: RepairResult, ...words: string[]) {
  return runLading(['repair', 'local://./images/', '--from', 'oci:there', ...words], {
    library: { repairBucket: async () => result },
  })
}

describe('repair prints', () => {
  const fetched = `repaired app:v1 linux/arm64 layer ${digestOfLetter('a')} from oci:there\n`

  test('what was repaired, and exits with 0', async () => {
    expect(await repair(whole)).toEqual({
      exit: 0,
      stderr: '',
      stdout: `${fetched}2 images: 1 piece fetched, 4.2 MB in 2.0s; all complete\n`,
    })
  })

  test('what is missing, and exits with 1', async () => {
    expect(await repair(rest)).toEqual({
      exit: 1,
      stderr:
        'lading: repair local://./images/: 1 of 2 images are still incomplete: no source has what they lack\n' +
        '  hint: name another source with --from; what was fetched stays\n',
      stdout:
        `${fetched}missing  app:v1 linux/arm64 layer ${digestOfLetter('b')}: oci:there: no layer\n` +
        '2 images: 1 piece fetched, 4.2 MB in 2.0s; 1 still incomplete\n',
    })
  })

  test('JSON', async () => {
    expect(JSON.parse((await repair(rest, '--output=json')).stdout)).toEqual(rest)
  })

  test('nothing with --quiet', async () => {
    expect(await repair(whole, '--quiet')).toEqual({ exit: 0, stdout: '', stderr: '' })
  })
})

test('repair hands on what it was told, sources in their order', async () => {
  const calls: unknown[][] = []
  await runLading(['repair', 's3://b/', '--from', 'a,b', '--from', 'c', '--verify', '--src-endpoint', 'http://h'], {
    library: {
      async repairBucket(...words) {
        calls.push(words)
        return whole
      },
    },
  })
  expect(calls).toEqual([
    ['s3://b/', expect.objectContaining({ from: ['a,b', 'c'], verify: true, sourceCloud: { endpoint: 'http://h' } })],
  ])
})

test('repair needs a source', async () => {
  const run = await runLading(['repair', 's3://b/'])
  expect(run).toEqual({
    exit: 64,
    stdout: '',
    stderr: 'lading: --from is missing\n  hint: name where the images still are\n',
  })
})
