import { expect, test } from 'vitest'
import { parseDuration } from './parse-duration.ts'

test.each([
  ['0', 0],
  ['0s', 0],
  ['90s', 90],
  ['+90s', 90],
  ['1h30m', 5400],
  ['1.5h', 5400],
  ['.5s', 0.5],
  ['1.s', 1],
  ['500ms', 0.5],
  ['2m500ms', 120.5],
  ['1h1m1s', 3661],
  ['250us', 250e-6],
  ['250\u00b5s', 250e-6],
  ['250\u03bcs', 250e-6],
])('%s', (text, seconds) => {
  expect(parseDuration(text)).toBeCloseTo(seconds, 9)
})

test.each(['', '90', '-1s', 's', '.s', '1d', '1 s', '1h 30m', '1e3s', '1hx', 'NaNs', '++1s'])('%j is none', text => {
  expect(parseDuration(text)).toBeUndefined()
})

test('a number without end is no duration, and is not looked at for long', () => {
  expect(parseDuration('1'.repeat(1_000_000))).toBeUndefined()
  expect(parseDuration(`${'1'.repeat(99)}s`)).toBeGreaterThan(0)
  expect(parseDuration(`${'1'.repeat(100)}s`)).toBeUndefined()
})
