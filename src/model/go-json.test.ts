import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goFields, goJson, goObject } from './go-json.ts'

test('what HTML minds is escaped, as Go does', () => {
  expect(goJson({ a: '<b> & "c"\u2028\u2029\ud800é\n' })).toBe(
    '{"a":"\\u003cb\\u003e \\u0026 \\"c\\"\\u2028\\u2029\ufffdé\\n"}',
  )
})

test('values stay as they were written, without white space', () => {
  const text =
    ' { "b" : { "z": 1.50, "a" : [ 1e3 , "\\u00e9 , }\\"" ], "z":2 } , "a\\u0041":"x", "n" : null, "e": {} , "f":[ ] }\n'
  expect([...goFields(text)]).toEqual([
    ['b', '{"z":1.50,"a":[1e3,"\\u00e9 , }\\""],"z":2}'],
    ['aA', '"x"'],
    ['n', 'null'],
    ['e', '{}'],
    ['f', '[]'],
  ])
})

test('the last of two fields of a name counts, and fields are sorted by their bytes', () => {
  expect(goObject(goFields('{"\u{1F600}":1,"\uFFFD":2,"b":3,"a":4,"b":"<","__proto__":5}'))).toBe(
    '{"__proto__":5,"a":4,"b":"\\u003c","\uFFFD":2,"\u{1F600}":1}',
  )
  expect(goObject(goFields('{}'))).toBe('{}')
})

test('any object says the same afterwards', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), fc.nat(3), (object, indent) => {
      const text = JSON.stringify(object, undefined, indent)
      expect(JSON.parse(goObject(goFields(text)))).toEqual(JSON.parse(text))
    }),
  )
})
