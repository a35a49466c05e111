import { expect, test } from 'vitest'
import { objectPath } from './object-path.ts'

test('a key is a path below the root', () => {
  expect(objectPath('/root', 'manifests/app/v1/manifest.json', 'linux')).toBe('/root/manifests/app/v1/manifest.json')
  expect(objectPath('/root', 'manifests/aux/v1./manifest.json', 'linux')).toBe('/root/manifests/aux/v1./manifest.json')
})

test.each([
  'manifests/aux/v1/manifest.json',
  'manifests/localhost:5000/app/v1/history.json',
  'manifests/app/v1./oci-layout',
])('on Windows %s is refused, since it would be another file or none', key => {
  expect(() => objectPath('/root', key, 'win32')).toThrow(expect.objectContaining({ code: 'unsupported' }))
})
