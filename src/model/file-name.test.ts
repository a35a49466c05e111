import { describe, expect, test } from 'vitest'
import { flawOfFileName } from './file-name.ts'

const flawed = [
  'CON',
  'con.json',
  'aux',
  'Nul.tar.gz',
  'COM1',
  'lpt9.txt',
  'com\u00b9',
  'CONIN$',
  'prn ',
  'v1.',
  'v1 ',
  'a:b',
  'sha256:abc',
  'a<b',
  'a>b',
  'a"b',
  'a|b',
  'a?b',
  'a*b',
  'a\\b',
]
const sound = ['console', 'com', 'com10', 'auxiliary', 'v1.0', '.hidden', 'nul-1', 'a@b', 'latest', 'ÄÖ']

describe('on Windows', () => {
  test.each(flawed)('%j cannot be the name of a file', name => {
    expect(flawOfFileName(name, 'win32')).toBeTypeOf('string')
  })
  test.each(sound)('%j can', name => {
    expect(flawOfFileName(name, 'win32')).toBeUndefined()
  })
})

test.each(['linux', 'darwin'] as const)('on %s each of them can', platform => {
  expect([...flawed, ...sound].filter(name => flawOfFileName(name, platform) !== undefined)).toEqual([])
})
