import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDockerArchiveReference, parseDockerArchiveReference } from './reference.ts'

const archive = { transport: 'docker-archive' }

test.each([
  ['docker-archive:a.tar', { ...archive, path: 'a.tar' }],
  ['docker-archive:/srv/a b.tar', { ...archive, path: '/srv/a b.tar' }],
  ['docker-archive:-', { ...archive, path: '-' }],
  ['docker-archive:/dev/stdin', { ...archive, path: '/dev/stdin' }],
  ['docker-archive:a.tar:alpine', { ...archive, path: 'a.tar', name: 'docker.io/library/alpine:latest' }],
  ['docker-archive:a.tar:me/app:v1', { ...archive, path: 'a.tar', name: 'docker.io/me/app:v1' }],
  ['docker-archive:a.tar:localhost:5000/app:v1', { ...archive, path: 'a.tar', name: 'localhost:5000/app:v1' }],
  ['docker-archive:-:app', { ...archive, path: '-', name: 'docker.io/library/app:latest' }],
  ['docker-archive:a.tar:@0', { ...archive, path: 'a.tar', index: 0 }],
  ['docker-archive:a.tar:@12', { ...archive, path: 'a.tar', index: 12 }],
])('%s', (text, reference) => {
  expect(parseDockerArchiveReference(text, 'linux')).toEqual(reference)
  expect(parseDockerArchiveReference(formatDockerArchiveReference(parseDockerArchiveReference(text)))).toEqual(
    reference,
  )
})

test('a drive letter is a part of the path on Windows only', () => {
  expect(parseDockerArchiveReference('docker-archive:C:\\a.tar:app', 'win32')).toMatchObject({ path: 'C:\\a.tar' })
  expect(() => parseDockerArchiveReference('docker-archive:C:\\a.tar:app', 'linux')).toThrow('a.tar')
})

test.each([
  ['docker-archive:', 'no path'],
  ['docker-archive::app', 'no path'],
  ['docker-archive:a.tar:', 'no name'],
  ['docker-archive:a.tar:@x', 'position'],
  ['docker-archive:a.tar:@-1', 'position'],
  ['docker-archive:a.tar:@01', 'position'],
  ['docker-archive:a.tar:App', 'lower case'],
  ['docker-archive:a.tar:app:v 1', 'not a tag'],
  ['docker-archive:a.tar:docker://app', 'transport'],
  [`docker-archive:a.tar:app@sha256:${'a'.repeat(64)}`, 'digest'],
  [`docker-archive:a.tar:${'a'.repeat(64)}`, 'image ID'],
  ['docker-archive:a\0.tar', 'NUL'],
])('%j is refused: %s', (text, why) => {
  expect(() => parseDockerArchiveReference(text, 'linux')).toThrow(
    expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
  )
})

test('whatever is read is written back the same', () => {
  const near = fc
    .array(fc.constantFrom(...'a0.:/@-_%\\ '.split(''), '..', '@1', 'app'))
    .map(parts => `docker-archive:${parts.join('')}`)
  fc.assert(
    fc.property(near, text => {
      try {
        const reference = parseDockerArchiveReference(text, 'linux')
        expect(parseDockerArchiveReference(formatDockerArchiveReference(reference), 'linux')).toEqual(reference)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-reference' })
      }
    }),
  )
})
