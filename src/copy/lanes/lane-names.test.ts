import { expect, test } from 'vitest'
import { isLadingError } from '../../errors/index.ts'
import { lanesOf } from './lane-names.ts'

test.each([
  [undefined, ['server-side', 'direct', 'stream']],
  ['', ['server-side', 'direct', 'stream']],
  ['  ', ['server-side', 'direct', 'stream']],
  ['stream', ['stream']],
  ['direct', ['direct', 'stream']],
  [' server-side , direct', ['server-side', 'direct', 'stream']],
  ['direct,direct', ['direct', 'stream']],
])('LADING_LANES=%j means %j', (value, names) => {
  expect([...lanesOf({ LADING_LANES: value })]).toEqual(names)
})

test.each([
  'fast',
  'stream,',
  'Stream',
  'direct stream',
  'direct,\u001b[2J',
])('%j is refused, and says what there is', value => {
  let thrown: unknown
  try {
    lanesOf({ LADING_LANES: value })
  } catch (error) {
    thrown = error
  }
  if (!isLadingError(thrown, 'bad-argument')) throw thrown ?? new Error('nothing was thrown')
  expect(thrown.message).toBe(`LADING_LANES is ${JSON.stringify(value)}`)
  expect(thrown.hint).toContain('server-side, direct, stream')
})
