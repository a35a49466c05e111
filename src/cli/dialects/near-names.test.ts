import { expect, test } from 'vitest'
import { nearNames } from './near-names.ts'

const names = ['copy', 'delete', 'inspect', 'sync']

test.each([
  ['copi', ['copy']],
  ['nope', ['copy']],
  ['INS', ['inspect']],
  ['snyc', ['sync']],
  ['proxies', []],
])('%s is near %j', (typed, near) => {
  expect(nearNames(typed, names)).toEqual(near)
})
