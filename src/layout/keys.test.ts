import { expect, test } from 'vitest'
import { blobKey, parseTagKey, tagKeys } from './keys.ts'

test('a blob is kept under its algorithm', () => {
  expect(blobKey(`sha256:${'a'.repeat(64)}`)).toBe(`blobs/sha256/${'a'.repeat(64)}`)
  expect(blobKey(`sha512:${'b'.repeat(128)}`)).toBe(`blobs/sha512/${'b'.repeat(128)}`)
})

test('a tag has a folder of its objects', () => {
  expect(tagKeys('team/app', 'v1')).toEqual({
    manifest: 'manifests/team/app/v1/manifest.json',
    history: 'manifests/team/app/v1/history.json',
    marker: 'manifests/team/app/v1/oci-layout',
    signatures: 'manifests/team/app/v1/signatures/',
  })
})

test.each([
  'manifests/app/manifest.json',
  'manifests/manifest.json',
  'manifests/app/v1/history.json',
  'manifests/app/v1/oci-layout',
  'manifests/app/signatures/manifest.json',
  'manifests/app/v1/signatures/x/manifest.json',
  'manifests/a b/v1/manifest.json',
  'manifests/app/.v1/manifest.json',
  'blobs/app/v1/manifest.json',
  's3lo.yaml',
])('%s is no tag', key => {
  expect(parseTagKey(key)).toBeUndefined()
})
