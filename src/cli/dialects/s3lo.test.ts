import { describe, expect, test } from 'vitest'
import { runAs } from '../../../test/cli/run-dialect.ts'
import { LadingError } from '../../errors/index.ts'
import { version } from '../../version.ts'
import { s3lo } from './s3lo.ts'

describe('run as s3lo', () => {
  test('an image is copied as its page says', async () => {
    const calls: unknown[][] = []
    const run = await runAs(
      's3lo',
      ['copy', 'alpine:latest', 's3://my-bucket/alpine:latest', '--platform', 'linux/amd64', '--force', '--quiet'],
      { copyImage: (...words) => Promise.reject(void calls.push(words)) },
    )
    expect(run.exit).toBe(1)
    expect(calls).toEqual([
      [
        'alpine:latest',
        's3://my-bucket/alpine:latest',
        expect.objectContaining({ platforms: [{ os: 'linux', architecture: 'amd64' }], force: true }),
      ],
    ])
  })

  test('a bucket is listed as its page says', async () => {
    const run = await runAs('s3lo', ['list', 's3://my-bucket/', '--endpoint', 'http://localhost:9000'], {
      async *listImages(bucket, { cloud } = {}) {
        if (bucket === 's3://my-bucket/' && cloud?.endpoint === 'http://localhost:9000') {
          yield { image: 'myapp', tag: 'v1.0' }
        }
      },
    })
    expect(run).toEqual({ exit: 0, stdout: 'myapp:v1.0\n', stderr: '' })
  })

  test('a bucket is checked as its page says, and what is wrong exits with 1', async () => {
    const run = await runAs('s3lo', ['doctor', 's3://my-bucket/'], {
      checkBucket: async bucket => ({
        bucket,
        healthy: false,
        checks: [{ name: 'access', state: 'failed', code: 'bucket-not-found', message: 'there is none' }],
        incomplete: [],
        damaged: [],
      }),
    })
    expect(run.exit).toBe(1)
    expect(run.stdout).toContain('failed   access')
    expect(run.stderr).toBe('Error: check bucket s3://my-bucket/: there is none\n')
  })

  test('an image is scanned as its page says, and what is found exits with 1', async () => {
    const calls: unknown[][] = []
    const line = [
      'scan',
      's3://b/i:v',
      '--severity',
      'HIGH,CRITICAL',
      '--install-trivy',
      '--platform',
      'linux/arm64',
      '-q',
    ]
    const run = await runAs('s3lo', line, {
      async scanImage(...words) {
        calls.push(words)
        return {
          reference: 's3://b/i:v',
          digest: `sha256:${'a'.repeat(64)}`,
          platforms: ['linux/arm64'],
          scanner: { name: 'trivy', path: '/usr/bin/trivy' },
          severities: ['HIGH', 'CRITICAL'],
          found: true,
          report: Buffer.from('CVE-1\n'),
        }
      },
    })
    expect(run).toEqual({
      exit: 1,
      stdout: 'CVE-1\n',
      stderr:
        'Error: scan s3://b/i:v: it has findings of the severity HIGH or above; the report says what mends them\n',
    })
    const options = {
      severity: ['HIGH', 'CRITICAL'],
      installTrivy: true,
      platform: { os: 'linux', architecture: 'arm64' },
    }
    expect(calls).toEqual([['s3://b/i:v', expect.objectContaining(options)]])
  })

  test.each([
    [['nope'], 'unknown command "nope" for "s3lo"\n\nDid you mean this?\n\tcopy\n'],
    [['xyzzy'], 'unknown command "xyzzy" for "s3lo"'],
    [['copy', 'a'], 'accepts 2 args'],
    [['pull'], 'accepts between 1 and 2 args'],
    [['copy', '--nope'], 'unknown flag: --nope'],
  ])('%j is refused', async (words, message) => {
    expect(await runAs('s3lo', words)).toEqual({ exit: 1, stdout: '', stderr: `Error: ${message}\n` })
  })

  test('an error is one line with its hint', async () => {
    const error = new LadingError('image-not-found', 'no such tag\u001b', {
      side: 'source',
      subject: 'x',
      hint: 'look',
    })
    const run = await runAs('s3lo', ['inspect', 'x'], { inspectImage: () => Promise.reject(error) })
    expect(run).toEqual({ exit: 1, stdout: '', stderr: 'Error: x (source): no such tag\ufffd; look\n' })
  })

  test('the version names lading', async () => {
    expect((await runAs('s3lo', ['--version'])).stdout).toBe(`s3lo (lading ${version})\n`)
  })

  test.each([[[]], [['--help']]])('%j lists the commands', async words => {
    const { exit, stdout } = await runAs('s3lo', words)
    expect(exit).toBe(0)
    for (const { name } of s3lo.commands) expect(stdout).toContain(`\n  ${name} `)
  })

  test.each(s3lo.commands.map(({ name }) => name))('%s has a help', async name => {
    expect((await runAs('s3lo', [name, '--help'])).stdout).toContain(`Usage:\ns3lo ${name} `)
  })
})
