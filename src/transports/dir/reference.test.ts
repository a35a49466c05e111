import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDirReference, parseDirReference } from './reference.ts'

test.each(['dir:images/app', 'dir:/srv/app', 'dir:a:b:c', 'dir://double', 'dir:.'])('%s is read whole', text => {
  expect(parseDirReference(text)).toEqual({ transport: 'dir', path: text.slice(4) })
})

test.each(['dir:', 'dir:a\0b'])('%j is refused', text => {
  expect(() => parseDirReference(text)).toThrow(expect.objectContaining({ code: 'bad-reference' }))
})

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), path => {
      fc.pre(!path.includes('\0'))
      const reference = { transport: 'dir', path } as const
      expect(parseDirReference(formatDirReference(reference))).toEqual(reference)
    }),
  )
})
