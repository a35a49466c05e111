import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { library } from '../../src/cli/library.ts'
import { type FakeS3, startFakeS3 } from '../../src/testing/fake-s3.ts'
import { runAs } from '../cli/run-dialect.ts'
import { runLading } from '../cli/run-lading.ts'

// What s3lo's pages on configuration, cleaning and lifecycle rules show, on a bucket in S3 and under both names.

let s3: FakeS3

beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('my-bucket')
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey)
  vi.stubEnv('AWS_REGION', 'us-east-1')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await s3.stop()
})

const runners = {
  lading: (words: readonly string[]) => runLading(words, { library }),
  s3lo: (words: readonly string[]) => runAs('s3lo', words, library),
}

describe.each(['lading', 's3lo'] as const)('under the name %s', name => {
  async function config(...words: string[]): Promise<string> {
    const { exit, stdout, stderr } = await runners[name](['config', ...words, '--endpoint', s3.url])
    expect({ exit, stderr }, words.join(' ')).toEqual({ exit: 0, stderr: '' })
    return stdout
  }

  test('the settings of a bucket, an image and a glob are set and shown', async () => {
    await config('set', 's3://my-bucket/', 'lifecycle.keep_last=10', 'lifecycle.max_age=90d')
    await config(
      'set',
      's3://my-bucket/myapp',
      'immutable=true',
      'lifecycle.keep_last=5',
      'lifecycle.keep_tags=stable,latest',
    )
    await config('set', 's3://my-bucket/dev/*', 'lifecycle.max_age=7d', 'lifecycle.keep_last=3')
    expect(await config('get', 's3://my-bucket/')).toBe(
      [
        'Bucket: s3://my-bucket/',
        '',
        'Default:',
        '  lifecycle.keep_last:   10',
        '  lifecycle.max_age:     90d',
        '',
        'Images:',
        '  myapp',
        '    immutable:           true',
        '    lifecycle.keep_last: 5',
        '    lifecycle.keep_tags: stable, latest',
        '  dev/*',
        '    lifecycle.keep_last: 3',
        '    lifecycle.max_age:   7d',
        '',
      ].join('\n'),
    )
    expect(await config('get', 's3://my-bucket/myapp')).toBe(
      [
        'Image: myapp (s3://my-bucket/)',
        '',
        '  immutable:             true            [image]',
        '  lifecycle.keep_last:   5               [image]',
        '  lifecycle.max_age:     90d             [default]',
        '  lifecycle.keep_tags:   stable, latest  [image]',
        '  keep_history:          5               [built in]',
        '',
      ].join('\n'),
    )
    expect(await config('get', 's3://my-bucket/dev/app')).toContain('lifecycle.max_age:     7d     [image dev/*]\n')
  })

  test('an empty value unsets a setting, a block and what is set for the bucket', async () => {
    await config('set', 's3://my-bucket/', 'lifecycle.max_age=90d', 'chunked=false')
    await config('set', 's3://my-bucket/myapp', 'immutable=true', 'lifecycle.keep_last=5')
    await config('set', 's3://my-bucket/myapp', 'immutable=')
    expect(await config('get', 's3://my-bucket/myapp')).toContain('immutable:             false  [built in]\n')
    await config('set', 's3://my-bucket/myapp', 'lifecycle=')
    await config('set', 's3://my-bucket/', 'lifecycle.max_age=')
    expect(await config('get', 's3://my-bucket/')).toBe(
      'Bucket: s3://my-bucket/\n\nWhole bucket:\n  chunked:               false\n',
    )
    expect(await config('set', 's3://my-bucket/', 'chunked=')).toBe('Bucket: s3://my-bucket/\n\nNothing is set.\n')
  })

  test.each([
    ['s3://my-bucket/', ['lifecycle.keep_last=10']],
    ['s3://my-bucket/', ['lifecycle.max_age=30d']],
    ['s3://my-bucket/myapp', ['lifecycle.keep_tags=latest,stable', 'lifecycle.max_age=30d']],
    ['s3://my-bucket/', ['lifecycle.keep_last=10', 'lifecycle.max_age=90d', 'lifecycle.keep_tags=latest,stable']],
    ['s3://my-bucket/', ['lifecycle.max_age=168h']],
  ])('the pattern %s %j is set', async (reference, settings) => {
    const shown = await config('set', reference, ...settings)
    for (const setting of settings) {
      const [key = '', value = ''] = setting.split('=')
      expect(shown).toMatch(new RegExp(`^ +${key}: +${value.replace(',', ', ')}\\b`, 'm'))
    }
  })
})

test('what is set stands in the bucket as the page of the layout shows it', async () => {
  const run = (...words: string[]) => runners.s3lo(['config', 'set', ...words, '--endpoint', s3.url])
  await run('s3://my-bucket/', 'immutable=false', 'lifecycle.keep_last=10', 'lifecycle.max_age=90d')
  await run('s3://my-bucket/dev/*', 'lifecycle.max_age=7d', 'lifecycle.keep_last=3')
  const { stdout } = await runners.lading([
    'config',
    'get',
    's3://my-bucket/',
    '--output',
    'json',
    '--endpoint',
    s3.url,
  ])
  expect(JSON.parse(stdout)).toEqual({
    bucket: 's3://my-bucket/',
    default: { immutable: false, keepLast: 10, maxAge: '90d' },
    images: [{ name: 'dev/*', keepLast: 3, maxAge: '7d' }],
  })
})
