import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBucketLocator, formatBucketReference, parseBucketLocator, parseBucketReference } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['s3://bucket/image:tag', { scheme: 's3', root: 'bucket', path: 'image', tag: 'tag' }],
  ['s3://bucket/team/app:v1', { scheme: 's3', root: 'bucket', path: 'team/app', tag: 'v1' }],
  ['s3://bucket/some/prefix//image:tag', { scheme: 's3', root: 'bucket/some/prefix', path: 'image', tag: 'tag' }],
  ['gs://bucket/image:tag', { scheme: 'gs', root: 'bucket', path: 'image', tag: 'tag' }],
  ['az://container/image:tag', { scheme: 'az', root: 'container', path: 'image', tag: 'tag' }],
  [`s3://bucket/image@${digest}`, { scheme: 's3', root: 'bucket', path: 'image', digest }],
  [`s3://bucket/image:v1@${digest}`, { scheme: 's3', root: 'bucket', path: 'image', tag: 'v1', digest }],
  ['local://./store/image:tag', { scheme: 'local', path: './store/image', tag: 'tag' }],
  ['local://store/image:tag', { scheme: 'local', path: 'store/image', tag: 'tag' }],
  ['local://../../store/a/b:tag', { scheme: 'local', path: '../../store/a/b', tag: 'tag' }],
  ['local:///srv/images/app:v1', { scheme: 'local', path: '/srv/images/app', tag: 'v1' }],
  ['local:///srv/images//org/app:v1', { scheme: 'local', root: '/srv/images', path: 'org/app', tag: 'v1' }],
  ['local:///srv/../my images//org/app:v1', { scheme: 'local', root: '/srv/../my images', path: 'org/app', tag: 'v1' }],
  ['local://my images/app:v1', { scheme: 'local', path: 'my images/app', tag: 'v1' }],
  ['local://.//app:v1', { scheme: 'local', root: '.', path: 'app', tag: 'v1' }],
  ['s3://bucket/localhost:5000/app:v1', { scheme: 's3', root: 'bucket', path: 'localhost:5000/app', tag: 'v1' }],
])('%s', (text, parts) => {
  const reference = parseBucketReference(text)
  expect(reference).toEqual({ transport: 'bucket', ...parts })
  expect(formatBucketReference(reference)).toBe(text)
})

describe('refuses', () => {
  test.each([
    ['s3://bucket/image', 'neither a tag nor a digest'],
    ['local://./store/image', 'neither a tag nor a digest'],
    ['s3://bucket/', 'neither a tag nor a digest'],
    ['s3://bucket/:v1', 'empty'],
    ['s3:///image:v1', 'names no bucket'],
    ['s3://bucket/image:', 'is not a tag'],
    ['s3://bucket/image:..', 'is not a tag'],
    ['s3://bucket/image:.', 'is not a tag'],
    ['s3://bucket/app:manifest.json', 'name of a file'],
    ['s3://bucket/app:signatures', 'name of a file'],
    ['s3://bucket/image@sha256:abc', 'is not a digest'],
    ['s3://bucket/../image:v1', '".." is a way'],
    ['s3://bucket/a/../image:v1', '".." is a way'],
    ['s3://bucket/./image:v1', '"." is a way'],
    ['s3://bucket/a//b//c:v1', '"//" twice'],
    ['s3://bucket//a//c:v1', '"//" twice'],
    ['s3://../x//image:v1', '".."'],
    ['s3://bucket/pre/../fix//image:v1', '".."'],
    ['s3://bucket/a%2e%2e/%2e%2e/b:v1', 'percent-encoded'],
    ['s3://bucket/%252e%252e/b:v1', 'percent-encoded'],
    ['s3://bucket/a%2fb:v1', 'percent-encoded'],
    ['s3://bucket/a\\b:v1', 'backslash'],
    ['s3://bucket/a%5cb:v1', 'percent-encoded'],
    ['s3://bucket/a\nb:v1', 'control character'],
    ['s3://bucket/a%0ab:v1', 'percent-encoded'],
    ['s3://bucket/a b:v1', 'white space'],
    ['s3://bucket/a:b:v1', 'is not a tag'],
    ['s3://bucket/trailing/:v1', 'empty'],
    ['local://./store/../../etc/passwd:v1', '".." is a way'],
    ['local://./store/./app:v1', '"." is a way'],
    ['local://store/%2e%2e/app:v1', 'percent-encoded'],
    ['local://./store//a/../b:v1', '".." is a way'],
    ['local://store\\app:v1', 'backslash'],
    ['local://:v1', 'no path'],
    ['local://../:v1', 'names no image'],
    ['local:///:v1', 'names no image'],
    ['http://bucket/image:v1', 'does not begin with'],
  ])('%j: %s', (text, why) => {
    expect(() => parseBucketReference(text)).toThrow(
      expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
    )
  })
})

test.each([
  ['s3://bucket', { scheme: 's3', root: 'bucket', path: '' }, 's3://bucket/'],
  ['s3://bucket/', { scheme: 's3', root: 'bucket', path: '' }, 's3://bucket/'],
  ['s3://bucket/dev/*', { scheme: 's3', root: 'bucket', path: 'dev/*' }, 's3://bucket/dev/*'],
  ['local://./store/', { scheme: 'local', path: './store/' }, 'local://./store/'],
  ['local:///srv/images//dev/', { scheme: 'local', root: '/srv/images', path: 'dev/' }, 'local:///srv/images//dev/'],
])('%s is a bucket', (text, locator, formatted) => {
  expect(parseBucketLocator(text)).toEqual(locator)
  expect(formatBucketLocator(parseBucketLocator(text))).toBe(formatted)
})

test('whatever is read is written back the same, and no image leads out of its bucket', () => {
  const parts = fc.constantFrom(...'aB0.:/@-_%\\ \n*'.split(''), '..', '//', '%2e', '%2F', ':v1', `@${digest}`)
  const near = fc
    .tuple(fc.constantFrom('s3://', 'local://', 'local://./', 'gs://b/', 'local:///x//'), fc.array(parts))
    .map(([scheme, rest]) => scheme + rest.join(''))
  fc.assert(
    fc.property(near, text => {
      let reference: ReturnType<typeof parseBucketReference>
      try {
        reference = parseBucketReference(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-reference' })
        return
      }
      expect(parseBucketReference(formatBucketReference(reference))).toEqual(reference)
      if (reference.root !== undefined) {
        for (const part of decodeURIComponent(reference.path.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).split(/[/\\]/))
          expect(['', '.', '..']).not.toContain(part)
      }
    }),
    { numRuns: 3000 },
  )
})

test.each([
  's3://me:geheim@bucket/app:v1',
  'gs://me:geheim@bucket',
  'az://geheim@container/app',
])('a password is not repeated: %s', text => {
  const message = expect.not.stringContaining('geheim')
  expect(() => parseBucketReference(text)).toThrow(expect.objectContaining({ code: 'bad-reference', message }))
  expect(() => parseBucketLocator(text)).toThrow(expect.objectContaining({ code: 'bad-reference', message }))
})
