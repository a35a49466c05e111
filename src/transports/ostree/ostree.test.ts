import { expect, test } from 'vitest'
import { openTestContext } from '../../testing/registry-context.ts'
import { formatReference, openDestination, openSource, parseReference } from '../table.ts'

test('an OSTree repository is understood, and refused with the reason', async () => {
  const reference = parseReference('ostree:app:v1@/ostree/repo')
  expect(formatReference(reference)).toBe('ostree:app:v1@/ostree/repo')
  await using test = openTestContext()
  for (const open of [openSource, openDestination]) {
    await expect(open(reference, test.context)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('libostree'),
    })
  }
  expect(() => parseReference('ostree:')).toThrow(expect.objectContaining({ code: 'bad-reference' }))
})
