import { expect, test } from 'vitest'
import { compileTagPattern } from './tag-pattern.ts'

const tags = ['1.13.1-alpine-perl', '1.13.3-alpine-perl', 'v2', 'V2', 'latest', 'a_b']

test.each([
  [String.raw`^1\.13\.[12]-alpine-perl$`, ['1.13.1-alpine-perl']],
  [String.raw`\-alpine\-`, ['1.13.1-alpine-perl', '1.13.3-alpine-perl']],
  ['(?i)^v', ['v2', 'V2']],
  [String.raw`\Av[[:digit:]]\z`, ['v2']],
  ['(?P<name>lat)est', ['latest']],
  [String.raw`\Q1.13.1\E`, ['1.13.1-alpine-perl']],
  ['^[^[:alnum:]]|_', ['a_b']],
  ['', tags],
])('%s', (pattern, matching) => {
  expect(tags.filter(compileTagPattern(pattern))).toEqual(matching)
})

test.each(['(', '[', '[[:nothing:]]', '*'])('%s is none', pattern => {
  expect(() => compileTagPattern(pattern)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
})
