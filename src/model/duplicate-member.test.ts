import { expect, test } from 'vitest'
import { duplicateMember } from './duplicate-member.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"\\u0061" : 2}', 'a'],
  ['[{"x":[]},{"x":{"b":"b:","c":0,"b":1}}]', 'b'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
])('%s has %s twice', (json, name) => {
  expect(duplicateMember(json)).toBe(name)
})

test.each([
  '{}',
  '[]',
  '"a"',
  '{"a":"a","b":{"a":1}}',
  '[{"a":1},{"a":2}]',
  '{"a":"\\"b\\":{","b":["a","a"],"c":"}"}',
])('%s has none', json => {
  expect(duplicateMember(json)).toBeUndefined()
})
