import { expect, test } from 'vitest'
import { formatOciArchiveReference, parseOciArchiveReference } from './reference.ts'

const archive = { transport: 'oci-archive' }

test.each([
  ['oci-archive:a.tar', { ...archive, path: 'a.tar' }],
  [
    'oci-archive:/srv/a b.tar:docker.io/library/alpine:3.19',
    { ...archive, path: '/srv/a b.tar', name: 'docker.io/library/alpine:3.19' },
  ],
  ['oci-archive:a.tar:@1', { ...archive, path: 'a.tar', index: 1 }],
  ['oci-archive:-', { ...archive, path: '-' }],
  ['oci-archive:-:v1', { ...archive, path: '-', name: 'v1' }],
  ['oci-archive:/dev/stdin', { ...archive, path: '/dev/stdin' }],
])('%s', (text, reference) => {
  expect(parseOciArchiveReference(text, 'linux')).toEqual(reference)
  expect(formatOciArchiveReference(parseOciArchiveReference(text, 'linux'))).toBe(text)
})

test('what is wrong is told with the right prefix', () => {
  expect(() => parseOciArchiveReference('oci-archive:a.tar:@x', 'linux')).toThrow(
    expect.objectContaining({ code: 'bad-reference', hint: expect.stringContaining('oci-archive:PATH:@INDEX') }),
  )
})
