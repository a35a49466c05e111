import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDockerDaemonReference, parseDockerDaemonReference } from './reference.ts'

const transport = 'docker-daemon'
const hex = 'ab'.repeat(32)

test.each([
  ['docker-daemon:alpine', { transport, name: 'docker.io/library/alpine:latest' }],
  ['docker-daemon:user/app:v1', { transport, name: 'docker.io/user/app:v1' }],
  ['docker-daemon:localhost:5000/app:v1', { transport, name: 'localhost:5000/app:v1' }],
  [`docker-daemon:sha256:${hex}`, { transport, id: `sha256:${hex}` }],
  [`docker-daemon:app@sha256:${hex}`, { transport, name: `docker.io/library/app@sha256:${hex}` }],
  [`docker-daemon:app:v1@sha256:${hex}`, { transport, name: `docker.io/library/app@sha256:${hex}` }],
])('%s', (text, reference) => {
  expect(parseDockerDaemonReference(text)).toEqual(reference)
  expect(parseDockerDaemonReference(formatDockerDaemonReference(parseDockerDaemonReference(text)))).toEqual(reference)
})

test.each([
  ['docker-daemon:', 'it is empty'],
  ['docker-daemon:App:v1', 'lower case'],
  ['docker-daemon:app:', 'is not a tag'],
  [`docker-daemon:sha512:${hex}${hex}`, 'an ID is a sha256 digest'],
  ['docker-daemon:sha256:abc', 'an ID of 64 hexadecimal digits'],
  [`docker-daemon:${hex}`, 'image ID'],
  ['docker-daemon:docker://alpine', 'no place'],
  ['docker-daemon:app@sha256:abc', 'is not a digest'],
])('%s is refused: %s', (text, why) => {
  expect(() => parseDockerDaemonReference(text)).toThrow(
    expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
  )
})

test('whatever is read is written back the same', () => {
  const near = fc
    .array(fc.constantFrom(...'a0.:/@-_A '.split(''), 'sha256:', hex, 'docker.io'))
    .map(parts => `docker-daemon:${parts.join('')}`)
  fc.assert(
    fc.property(near, text => {
      try {
        const reference = parseDockerDaemonReference(text)
        expect(parseDockerDaemonReference(formatDockerDaemonReference(reference))).toEqual(reference)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-reference' })
      }
    }),
  )
})
