import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const context = (environment = {}, cloud = {}) => ({
  environment,
  cloud,
  warn: () => {},
  http: () => Promise.reject(new Error('nothing is to be asked')),
})

test.each([
  [
    'my-bucket',
    {},
    {},
    { bucket: 'my-bucket', prefix: '', endpoint: 'https://storage.googleapis.com', emulated: false },
  ],
  ['my.bucket/a/b/', {}, {}, { bucket: 'my.bucket', prefix: 'a/b/', emulated: false }],
  ['bucket', { STORAGE_EMULATOR_HOST: 'localhost:4443' }, {}, { endpoint: 'http://localhost:4443', emulated: true }],
  ['bucket', { STORAGE_EMULATOR_HOST: 'http://h:1/' }, {}, { endpoint: 'http://h:1', emulated: true }],
  ['bucket', { STORAGE_EMULATOR_HOST: 'x:1' }, { endpoint: 'https://y' }, { endpoint: 'https://y', emulated: true }],
  ['bucket', {}, { endpoint: 'https://storage-x.p.googleapis.com' }, { emulated: false }],
  ['bucket', {}, { endpoint: 'https://storage.googleapis.com.evil.example' }, { emulated: true }],
  ['bucket', {}, { endpoint: 'http://storage.googleapis.com' }, { emulated: true }],
])('%s with %j and %j', (root, environment, cloud, expected) => {
  expect(readSettings(root, context(environment, cloud))).toMatchObject(expected)
})

test.each([
  ['', 'bad-reference'],
  ['Bucket', 'bad-reference'],
  ['b', 'bad-reference'],
  ['bucket/../other', 'bad-argument'],
  ['bucket//x', 'bad-argument'],
])('%j is refused', (root, code) => {
  expect(() => readSettings(root, context())).toThrow(expect.objectContaining({ code }))
})

test('an endpoint that is no address is refused', () => {
  expect(() => readSettings('bucket', context({}, { endpoint: 'ftp://x' }))).toThrow(
    expect.objectContaining({ code: 'bad-argument' }),
  )
})
