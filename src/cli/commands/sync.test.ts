import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { copied } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { SyncedImage } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-sync-command-'))
afterAll(() => rm(folder, { recursive: true }))

const one = { source: 'docker://a.io/app:v1', destination: 'dir:/m/app:v1', result: copied }
const two = { source: 'docker://a.io/app:v2', destination: 'dir:/m/app:v2', result: { ...copied, changed: false } }
const failed = {
  source: 'docker://a.io/app:v3',
  destination: 'dir:/m/app:v3',
  error: new LadingError('image-not-found', 'a.io/app has no tag v3'),
}

async function sync(images: readonly SyncedImage[], ...options: string[]) {
  const calls: unknown[] = []
  const run = await runLading(['sync', 'docker://a.io/app', 'dir:/m', ...options], {
    library: {
      async *syncImages(source, destination, { signal: _, onEvent, ...rest } = {}) {
        calls.push(source, destination, rest)
        onEvent?.({ type: 'warning', message: 'mind this' })
        yield* images
      },
    },
  })
  return { ...run, calls }
}

describe('sync prints', () => {
  test('a line for each image, and how many there are', async () => {
    expect(await sync([one, two])).toMatchObject({
      exit: 0,
      stdout:
        `copied docker://a.io/app:v1 to dir:/m/app:v1 ${copied.digest} (7.4 MB)\n` +
        `unchanged docker://a.io/app:v2 to dir:/m/app:v2 ${copied.digest}\n` +
        '2 images: 1 copied, 1 unchanged\n',
      stderr: 'warning: mind this\n',
    })
  })

  test('what failed among the others, and fails with its code', async () => {
    const { exit, stdout, stderr } = await sync([one, failed])
    expect(exit).toBe(2)
    expect(stdout).toContain('2 images: 1 copied, 0 unchanged, 1 failed')
    expect(stderr).toContain('a.io/app has no tag v3')
    expect(stderr).toContain('1 of 2 could not be copied')
  })

  test('JSON, an element for each image', async () => {
    const { stdout, exit } = await sync([one, failed], '--output', 'json')
    expect(exit).toBe(2)
    expect(JSON.parse(stdout)).toEqual([
      one,
      { ...failed, error: { code: 'image-not-found', message: 'a.io/app has no tag v3' } },
    ])
  })

  test('what would be copied', async () => {
    const plan = [
      { digest: copied.digest, kind: 'layer', size: 1000, action: 'copy' },
      { digest: copied.digest, kind: 'layer', size: 5000, action: 'present' },
    ] as const
    const { stdout } = await sync(
      [
        { ...one, result: { ...copied, changed: false, plan } },
        { ...two, result: { ...copied, changed: false, previous: copied.digest, plan: [] } },
      ],
      '--dry-run',
    )
    expect(stdout).toBe(
      'would copy docker://a.io/app:v1 to dir:/m/app:v1 (1.0 kB)\n' +
        'nothing to do: docker://a.io/app:v2 to dir:/m/app:v2\n' +
        '2 images: 1 to copy, 1 unchanged\n',
    )
  })

  test('nothing with --quiet', async () => {
    expect(await sync([one], '--quiet')).toMatchObject({ exit: 0, stdout: '', stderr: '' })
  })

  test('the digests of what was copied into a file, one that failed or not', async () => {
    const file = path.join(folder, 'digests')
    await sync([one, failed, two], '--digestfile', file)
    expect(await readFile(file, 'utf8')).toBe(`${copied.digest} dir:/m/app:v1\n${copied.digest} dir:/m/app:v2\n`)
  })
})

describe('sync reads', () => {
  const base = {
    scoped: false,
    platforms: [],
    allPlatforms: false,
    keepGoing: false,
    dryRun: false,
    force: false,
    referrers: true,
    retryTimes: 0,
  }

  test.each([
    [[], { ...base, imagesAtOnce: 4, jobs: 2, cloud: {} }],
    [['--jobs', '3', '-a'], { ...base, allPlatforms: true, imagesAtOnce: 3, jobs: 1, cloud: {} }],
    [
      ['-s', 'yaml', '-d', 'oci', '--scoped', '--append-suffix=-m', '--keep-going', '--dry-run', '--region', 'r'],
      {
        ...base,
        ...{ from: 'yaml', to: 'oci', scoped: true, appendSuffix: '-m', keepGoing: true, dryRun: true },
        ...{ imagesAtOnce: 4, jobs: 2, cloud: { region: 'r' } },
      },
    ],
  ])('%j', async (options, expected) => {
    expect((await sync([], ...options)).calls).toEqual([
      'docker://a.io/app',
      'dir:/m',
      { sourceServer: {}, destinationServer: {}, ...expected },
    ])
  })

  test.each([
    [['--src', 's3']],
    [['--dest', 'yaml']],
    [['--all', '--platform', 'linux/amd64']],
  ])('%j as a mistake', async options => {
    expect(await sync([], ...options)).toMatchObject({ exit: 64, calls: [] })
  })
})

test('sync begins a copy anew as often, and after as long, as it is told', async () => {
  const { calls } = await sync([], '--retry-times', '2', '--retry-delay=1m')
  expect(calls[2]).toMatchObject({ retryTimes: 2, retryDelaySeconds: 60 })
})
