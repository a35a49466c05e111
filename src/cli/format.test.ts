import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCount } from './format-count.ts'
import { formatDuration } from './format-duration.ts'
import { formatSize } from './format-size.ts'
import { printable, printableJson } from './printable.ts'

describe('formatSize', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1234, '1.2 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [2 ** 30, '1.1 GB'],
    [5e12, '5.0 TB'],
  ])('%d is %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

  test('is never longer than its column', () => {
    fc.assert(fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), bytes => formatSize(bytes).length <= 7))
  })
})

describe('formatDuration', () => {
  test.each([
    [0, '0.0s'],
    [0.44, '0.4s'],
    [9.96, '10s'],
    [59.6, '1m00s'],
    [185, '3m05s'],
    [3599.7, '1h00m'],
    [7620, '2h07m'],
  ])('%d is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

describe('formatCount', () => {
  test.each([
    [0, '0 blobs'],
    [1, '1 blob'],
    [2, '2 blobs'],
  ])('%d is %s', (count, text) => expect(formatCount(count, 'blob')).toBe(text))
})

describe('printable', () => {
  test.each([
    ['letters of every script stay', 'größe 日本 ❤️', 'größe 日本 ❤️'],
    ['an escape sequence', '\u001b[2Jgone', '\ufffd[2Jgone'],
    ['the one-byte form of it', '\u009b31m', '\ufffd31m'],
    ['lines', 'a\r\nb\u2028c', 'a\ufffd\ufffdb\ufffdc'],
    ['tab, bell, delete', '\t\u0007\u007f', '\ufffd\ufffd\ufffd'],
    ['text turned round', 'a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
  ])('%s', (_, text, shown) => expect(printable(text)).toBe(shown))

  test('no two lengths are made one: nothing is removed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => printable(text).length === text.length))
  })
})

describe('printableJson', () => {
  test.each([
    ['C0', '\u001b', '"\\u001b"'],
    ['C1', '\u009b', '"\\u009b"'],
    ['text turned round', '\u202e', '"\\u202e"'],
    ['lines', '\r\n', '"\\r\\n"'],
  ])('escapes %s', (_, value, json) => expect(printableJson(value)).toBe(json))

  test('keeps its own line breaks', () => expect(printableJson({ a: 1 }, 2)).toBe('{\n  "a": 1\n}'))

  test('is the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(printableJson(value, 2))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
