import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatContainersStorageReference,
  parseContainersStorageReference,
  parseStorageLocation,
  splitImageId,
} from './reference.ts'

const id = 'c8dc8e9867ef8355478f2bcdadfd73fefaf0033b3916891450ded233e643ba41'
const digest = `sha256:${id}`

describe('a reference', () => {
  test.each([
    ['alpine', { image: 'alpine' }],
    ['localhost:5000/app:v1', { image: 'localhost:5000/app:v1' }],
    [`@${id}`, { image: `@${id}` }],
    [id, { image: id }],
    [`app@${id.slice(0, 12)}`, { image: `app@${id.slice(0, 12)}` }],
    [`app:v1@${digest}`, { image: `app:v1@${digest}` }],
    [`app@${digest}@${id}`, { image: `app@${digest}@${id}` }],
    ['[/srv/storage]app', { storage: '/srv/storage', image: 'app' }],
    ['[vfs@/g+/r]app', { storage: 'vfs@/g+/r', image: 'app' }],
    ['[overlay@/g+/r:a=b,c=d]app:v1', { storage: 'overlay@/g+/r:a=b,c=d', image: 'app:v1' }],
  ])('%s is read, and written as it was', (text, fields) => {
    const reference = parseContainersStorageReference(`containers-storage:${text}`)
    expect(reference).toEqual({ transport: 'containers-storage', ...fields })
    expect(formatContainersStorageReference(reference)).toBe(`containers-storage:${text}`)
  })

  test.each([
    ['', 'no image'],
    ['[/g]', 'no image'],
    ['[/g', 'not closed'],
    ['[]app', 'a storage is'],
    ['[@/g]app', 'a storage is'],
    ['[vfs@]app', 'a storage is'],
    ['[vfs@g]app', 'absolute'],
    ['[vfs@/g+r]app', 'absolute'],
    ['app@', 'not a digest'],
    ['app@nothing', 'not a digest'],
    ['APP', 'lower case'],
    ['docker://app', 'no place'],
    ['a\0b', 'NUL'],
  ])('%j is refused', (text, why) => {
    expect(() => parseContainersStorageReference(`containers-storage:${text}`)).toThrow(
      expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
    )
  })

  test('is read back, or refused as it should be', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\[[a-z@/+:,]{0,12}\][a-z@:/]{0,8}$/)), text => {
        try {
          const reference = parseContainersStorageReference(text)
          expect(parseContainersStorageReference(formatContainersStorageReference(reference))).toEqual(reference)
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-reference' })
        }
      }),
    )
  })
})

test.each([
  ['/g', { graphRoot: '/g', options: [] }],
  ['vfs@/g', { driver: 'vfs', graphRoot: '/g', options: [] }],
  ['vfs@/g+/r', { driver: 'vfs', graphRoot: '/g', runRoot: '/r', options: [] }],
  ['overlay@/g+/r:a=b,c=d', { driver: 'overlay', graphRoot: '/g', runRoot: '/r', options: ['a=b', 'c=d'] }],
  ['overlay@/g:a=/x+y@z', { driver: 'overlay', graphRoot: '/g', options: ['a=/x+y@z'] }],
])('the storage %s is taken apart', (storage, parts) => {
  expect(parseStorageLocation(storage)).toEqual(parts)
})

test.each([
  ['app:v1', { name: 'app:v1' }],
  [`app@${digest}`, { name: `app@${digest}` }],
  [`app@${id}`, { name: 'app', id }],
  [`@${id}`, { id }],
  [id, { id }],
])('in %s the name is apart from the image ID', (image, parts) => {
  expect(splitImageId(image)).toEqual(parts)
})
