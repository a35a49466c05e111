import { describe, expect, test } from 'vitest'
import { digestOfLetter } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { DeleteResult } from '../../copy/index.ts'

const inRegistry = { reference: 'docker.io/library/a:v1', digest: digestOfLetter('a') }
const inDocker = { reference: 'docker-daemon:docker.io/library/a:v1' }

async function run(deleted: DeleteResult, ...argv: string[]) {
  const calls: unknown[] = []
  const { exit, stdout } = await runLading(['delete', ...argv], {
    library: {
      async deleteImage(reference, { signal: _, ...options } = {}) {
        calls.push(reference, options)
        return deleted
      },
    },
  })
  return { exit, stdout, calls }
}

test('says what is gone', async () => {
  expect(await run(inRegistry, 'a:v1')).toEqual({
    exit: 0,
    stdout: `deleted docker.io/library/a:v1 (${inRegistry.digest})\n`,
    calls: ['a:v1', { destinationServer: {}, cloud: {} }],
  })
  expect((await run(inDocker, 'docker-daemon:a:v1')).stdout).toBe(`deleted ${inDocker.reference}\n`)
})

test('prints JSON, and passes on how the place is reached', async () => {
  const options = ['--daemon-host', 'http://localhost:1', '--tls-verify=false', '--authfile=auth.json']
  const { stdout, calls } = await run(inRegistry, 'a:v1', '--output=json', ...options)
  expect(JSON.parse(stdout)).toEqual(inRegistry)
  expect(calls[1]).toEqual({
    destinationServer: { authFile: 'auth.json', tlsVerify: false },
    destinationDaemonHost: 'http://localhost:1',
    cloud: {},
  })
})

const inBucket = { reference: 'local://./images/app:v1', digest: digestOfLetter('a'), inTrash: true }

test('says how a tag of a bucket comes back, and passes on its conditions', async () => {
  const options = ['--force', '--no-trash', '--dry-run', `--if-digest=${digestOfLetter('b')}`, '--region=r']
  const { stdout, calls } = await run(inBucket, 'local://./images/app:v1', ...options)
  expect(stdout).toBe(
    `deleted ${inBucket.reference} (${inBucket.digest})\nbring it back with \`lading restore ${inBucket.reference}\`\n`,
  )
  expect(calls[1]).toEqual({
    destinationServer: {},
    cloud: { region: 'r' },
    dryRun: true,
    force: true,
    keepTrash: false,
    expect: digestOfLetter('b'),
  })
  const pinned = await run(
    { ...inBucket, reference: `${inBucket.reference}@${inBucket.digest}` },
    'local://./images/app:v1',
  )
  expect(pinned.stdout).toContain(`\`lading restore ${inBucket.reference}\``)
  const looked = await run({ ...inBucket, inTrash: false, dryRun: true }, 'local://./images/app:v1', '--dry-run')
  expect(looked.stdout).toBe(`would delete ${inBucket.reference} (${inBucket.digest})\n`)
})

describe('all tags of an image', () => {
  const all = (...argv: string[]) =>
    runLading(['delete', '--all-tags', ...argv, 'local://./images/app'], {
      library: {
        async *deleteAllTags(image) {
          for (const tag of ['v1', 'v2']) yield { ...inBucket, reference: `${image}:${tag}` }
        },
      },
    })

  test('are told as they go', async () => {
    const { stdout } = await all()
    expect(stdout).toBe(
      ['v1', 'v2'].map(tag => `deleted local://./images/app:${tag} (${inBucket.digest})\n`).join('') +
        'bring one back with `lading restore`\n',
    )
    expect(JSON.parse((await all('--output=json')).stdout)).toHaveLength(2)
  })

  test('have no digest in common', async () => {
    const { exit, stderr } = await all(`--if-digest=${digestOfLetter('a')}`)
    expect([exit, stderr]).toEqual([64, expect.stringContaining('--if-digest')])
  })
})
