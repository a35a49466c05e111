import { describe, expect, test } from 'vitest'
import { copied } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { CopyOptions } from '../../copy/index.ts'

async function run(words: readonly string[]) {
  const calls: [string, string | undefined, CopyOptions][] = []
  const record = async (first: string, second: string | undefined, options: CopyOptions = {}) => {
    calls.push([first, second, options])
    return copied
  }
  const result = await runLading(words, { library: { pushImage: record, pullImage: record } })
  return { ...result, calls }
}

describe('push', () => {
  test('hands its options on', async () => {
    const words = ['push', 'app:v1', 's3://images/app:v1', '--compression', 'zstd', '--all-platforms', '--if-absent']
    const { calls, stdout } = await run([...words, '--daemon-host', 'unix:///run/d.sock', '--sse', 'aws:kms'])
    expect(calls).toMatchObject([
      [
        'app:v1',
        's3://images/app:v1',
        {
          compression: 'zstd',
          allPlatforms: true,
          expect: 'absent',
          sourceDaemonHost: 'unix:///run/d.sock',
          destinationCloud: { sse: 'aws:kms' },
        },
      ],
    ])
    expect(stdout).toContain('copied')
  })

  test('takes one way of saying which platforms', async () => {
    const words = ['push', 'app:v1', 's3://images/app:v1', '--all-platforms', '--platform', 'linux/arm64']
    const { exit, calls, stderr } = await run(words)
    expect([exit, calls]).toEqual([64, []])
    expect(stderr).toContain('--platform')
  })

  test('compresses with gzip where nothing is said', async () => {
    expect((await run(['push', 'app:v1', 's3://images/app:v1'])).calls[0]?.[2]).toMatchObject({ compression: 'gzip' })
  })
})

describe('pull', () => {
  test('hands its options on, and leaves the name to the library where none is given', async () => {
    const { calls } = await run(['pull', 's3://images/app:v1', '--platform', 'linux/arm64', '--force'])
    expect(calls).toMatchObject([
      ['s3://images/app:v1', undefined, { platforms: [{ os: 'linux', architecture: 'arm64' }], force: true }],
    ])
    expect((await run(['pull', 's3://images/app:v1', 'other:v2'])).calls[0]?.[1]).toBe('other:v2')
  })
})
