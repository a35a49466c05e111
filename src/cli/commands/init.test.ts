import { expect, test } from 'vitest'
import { runLading } from '../../../test/cli/run-lading.ts'

test.each([
  [true, './images is now a bucket\n'],
  [false, './images is a bucket already\n'],
])('init says whether it made the bucket: %s', async (created, stdout) => {
  const library = { initStore: async ({ local }: { local: string }) => ({ path: local, created }) }
  expect(await runLading(['init', '--local', './images'], { library })).toEqual({ exit: 0, stdout, stderr: '' })
})
