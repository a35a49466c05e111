import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatRegistryReference, parseRegistryReference } from './reference.ts'

const digest = `sha256:${'a'.repeat(64)}`
const sha512 = `sha512:${'b'.repeat(128)}`

test.each([
  ['alpine', 'docker.io/library/alpine:latest'],
  ['alpine:3.19', 'docker.io/library/alpine:3.19'],
  ['user/app:v1', 'docker.io/user/app:v1'],
  ['docker.io/alpine', 'docker.io/library/alpine:latest'],
  ['index.docker.io/alpine', 'docker.io/library/alpine:latest'],
  ['docker.io/user/app', 'docker.io/user/app:latest'],
  ['docker://ghcr.io/o/app:v1', 'ghcr.io/o/app:v1'],
  ['ghcr.io/o/app:v1', 'ghcr.io/o/app:v1'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['127.0.0.1:5000/a/b/c:x', '127.0.0.1:5000/a/b/c:x'],
  ['[::1]:5000/app', '[::1]:5000/app:latest'],
  ['[2001:db8::1]/app:v1', '[2001:db8::1]/app:v1'],
  ['HOST/app', 'HOST/app:latest'],
  ['Host.Example/app', 'Host.Example/app:latest'],
  ['host/app', 'docker.io/host/app:latest'],
  [`alpine@${digest}`, `docker.io/library/alpine@${digest}`],
  [`alpine:3@${digest}`, `docker.io/library/alpine:3@${digest}`],
  [`app@${sha512}`, `docker.io/library/app@${sha512}`],
  ['a.b/c__d/e-f---g', 'a.b/c__d/e-f---g:latest'],
  ['app:V1.0_x-y', 'docker.io/library/app:V1.0_x-y'],
])('%s is %s', (text, canonical) => {
  const reference = parseRegistryReference(text)
  expect(formatRegistryReference(reference)).toBe(canonical)
  expect(parseRegistryReference(canonical)).toEqual({ ...reference, shortName: undefined })
})

test.each([
  ['alpine', 'alpine'],
  ['alpine:3', 'alpine'],
  [`user/app:v1@${digest}`, 'user/app'],
  ['docker://alpine', undefined],
  ['docker.io/alpine', undefined],
  ['localhost/app', undefined],
])('the short name in %s is %s', (text, name) => {
  expect(parseRegistryReference(text).shortName).toBe(name)
})

describe('refuses', () => {
  test.each([
    ['', 'it is empty'],
    ['docker://', 'it is empty'],
    ['Alpine', 'must be lower case'],
    ['user/App', 'must be lower case'],
    ['a b', 'not a part of a repository name'],
    ['app:', 'is not a tag'],
    ['app:.x', 'is not a tag'],
    ['app:-x', 'is not a tag'],
    [`app:${'x'.repeat(129)}`, 'is not a tag'],
    ['app@sha256:abc', 'is not a digest'],
    ['app@md5:d41d8cd98f00b204e9800998ecf8427e', 'is not a digest'],
    [`app@${digest.toUpperCase()}`, 'is not a digest'],
    [`app@${digest}@${digest}`, 'more than one'],
    ['a//b', 'is empty'],
    ['/a', 'is empty'],
    ['a/', 'is empty'],
    ['host.io/../x', '".."'],
    ['host.io/./x', '"."'],
    ['host.io/a%2e%2e/x', 'not a part of a repository name'],
    ['host.io/a\\b', 'not a part of a repository name'],
    ['host.io/a\nb', 'not a part of a repository name'],
    ['-host.io/a', 'is not a registry host'],
    ['host..io/a', 'is not a registry host'],
    ['host.io:port/a', 'is not a registry host'],
    ['host.io:99999/a', 'is not a registry host'],
    ['[::1/a', 'is not a registry host'],
    ['user@host.io/a', 'no place for a user'],
    ['a'.repeat(64), 'image ID'],
    [`host.io/${'a'.repeat(250)}`, 'longer than 255'],
  ])('%j: %s', (text, why) => {
    expect(() => parseRegistryReference(text)).toThrow(
      expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
    )
  })
})

test.each([
  'me:geheim@host.io/a:v1',
  'docker://me:geheim@host.io:5000/a',
  'docker://me:geheim@host.io',
  'me:geheim@h:5',
])('a password is not repeated: %s', text => {
  expect(() => parseRegistryReference(text)).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
  )
})

test('whatever is read is written back the same, and never leads out of its repository', () => {
  const near = fc
    .array(fc.constantFrom(...'aZ0.:/@-_[]%\\ \n'.split(''), 'sha256:', '..', digest))
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(near, text => {
      let reference: ReturnType<typeof parseRegistryReference>
      try {
        reference = parseRegistryReference(text)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-reference' })
        return
      }
      expect(parseRegistryReference(formatRegistryReference(reference))).toEqual({ ...reference, shortName: undefined })
      expect(`${reference.repository}/${reference.tag ?? ''}`.split('/')).not.toContain('..')
      expect(new URL(`https://${reference.registry}/v2/${reference.repository}/tags/list`).pathname).toBe(
        `/v2/${reference.repository}/tags/list`,
      )
    }),
    { numRuns: 2000 },
  )
})
