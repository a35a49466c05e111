import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatOciLayoutReference, parseOciLayoutReference } from './reference.ts'

const oci = { transport: 'oci-layout' }

test.each([
  ['oci:dir', { ...oci, path: 'dir' }],
  ['oci:/srv/a b', { ...oci, path: '/srv/a b' }],
  ['oci:dir:v1', { ...oci, path: 'dir', name: 'v1' }],
  ['oci:dir:docker.io/library/alpine:3.19', { ...oci, path: 'dir', name: 'docker.io/library/alpine:3.19' }],
  ['oci:dir:@0', { ...oci, path: 'dir', index: 0 }],
  ['oci:dir:@12', { ...oci, path: 'dir', index: 12 }],
  ['oci:dir:', { ...oci, path: 'dir' }],
])('%s', (text, reference) => {
  expect(parseOciLayoutReference(text, 'linux')).toEqual(reference)
  expect(parseOciLayoutReference(formatOciLayoutReference(parseOciLayoutReference(text)))).toEqual(reference)
})

test('a drive letter is a part of the path on Windows only', () => {
  expect(parseOciLayoutReference('oci:C:\\images:v1', 'win32')).toEqual({ ...oci, path: 'C:\\images', name: 'v1' })
  expect(() => parseOciLayoutReference('oci:C:\\images:v1', 'linux')).toThrow('is not a reference name')
})

test.each([
  ['oci:', 'no path'],
  ['oci::v1', 'no path'],
  ['oci:dir:@x', 'position'],
  ['oci:dir:@-1', 'position'],
  ['oci:dir:@01', 'position'],
  ['oci:dir:a..b', 'is not a reference name'],
  ['oci:dir:../x', 'is not a reference name'],
  ['oci:dir:v1 ', 'is not a reference name'],
  ['oci:di\0r', 'NUL'],
])('%j is refused: %s', (text, why) => {
  expect(() => parseOciLayoutReference(text, 'linux')).toThrow(
    expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
  )
})

test('whatever is read is written back the same', () => {
  const near = fc.array(fc.constantFrom(...'a0.:/@-_+%\\ '.split(''), '..', '@1')).map(parts => `oci:${parts.join('')}`)
  fc.assert(
    fc.property(near, text => {
      try {
        const reference = parseOciLayoutReference(text, 'linux')
        expect(parseOciLayoutReference(formatOciLayoutReference(reference), 'linux')).toEqual(reference)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-reference' })
      }
    }),
  )
})
