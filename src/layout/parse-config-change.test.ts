import { expect, test } from 'vitest'
import { parseConfigChange } from './parse-config-change.ts'

test.each([
  ['immutable', 'true', true],
  ['immutable', 'false', false],
  ['keep_history', '0', 0],
  ['lifecycle.keep_last', '10', 10],
  ['lifecycle.max_age', '90d', '90d'],
  ['lifecycle.max_age', '1h30m', '1h30m'],
  ['lifecycle.keep_tags', 'stable, latest,stable', ['stable', 'latest']],
  ['lifecycle.keep_tags', 'v{1,2}.*,[ab]*', ['v{1,2}.*', '[ab]*']],
])('%s=%s is read', (key, text, value) => {
  expect(parseConfigChange(key, text, 'image')).toEqual({ path: key.split('.'), value })
})

test.each([
  ['immutable', ''],
  ['lifecycle', ''],
  ['lifecycle.keep_last', '0'],
  ['lifecycle.max_age', '0'],
  ['lifecycle.max_age', '0d'],
])('%s=%s unsets', (key, text) => {
  expect(parseConfigChange(key, text, 'image')).toEqual({ path: key.split('.') })
})

test('chunked is for a whole bucket', () => {
  expect(parseConfigChange('chunked', 'false', 'bucket')).toEqual({ path: ['chunked'], value: false })
  expect(() => parseConfigChange('chunked', '', 'image')).toThrow('chunked holds for the whole bucket')
})

test.each([
  ['immutable', 'yes', 'immutable takes true or false, not "yes"'],
  ['lifecycle.keep_last', '-1', 'lifecycle.keep_last takes a whole number, not "-1"'],
  ['lifecycle.keep_last', '1e3', 'lifecycle.keep_last takes a whole number'],
  ['keep_history', '99999999999999999999', 'keep_history takes a whole number'],
  ['lifecycle.max_age', '7', 'lifecycle.max_age takes an age like 7d, 168h or 1h30m, not "7"'],
  ['lifecycle.max_age', '1d12h', 'lifecycle.max_age takes an age'],
  ['lifecycle.max_age', '-1h', 'lifecycle.max_age takes an age'],
  ['lifecycle.max_age', '106752d', 'lifecycle.max_age takes an age'],
  ['lifecycle.keep_tags', 'a,,b', 'lifecycle.keep_tags takes tags with commas between them'],
  ['lifecycle.keep_tags', 'a:b', 'lifecycle.keep_tags takes tags'],
  ['lifecycle', '5', 'lifecycle is a block of settings'],
  ['keep_last', '5', '"keep_last" is no setting'],
  ['toString', '5', '"toString" is no setting'],
  ['', '5', '"" is no setting'],
])('%s=%s is refused', (key, text, why) => {
  expect(() => parseConfigChange(key, text, 'bucket')).toThrow(
    expect.objectContaining({ code: 'bad-argument', message: expect.stringContaining(why), hint: expect.any(String) }),
  )
})

test('an unknown key is answered with all that there are', () => {
  expect(() => parseConfigChange('x', '', 'image')).toThrow(
    expect.objectContaining({
      hint: 'there are immutable, lifecycle.keep_last, lifecycle.max_age, lifecycle.keep_tags, keep_history, and chunked for a whole bucket',
    }),
  )
})
