import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLadingError } from '../errors/index.ts'
import { parseTagKey, tagKeys } from './keys.ts'
import { validateImageName, validateTag } from './names.ts'

describe('an image name', () => {
  test.each([
    'alpine',
    'team/app',
    'Team/App_2',
    'ghcr.io/owner/app',
    'localhost:5000/app',
    'a/b/c/d/e',
    'ünïcödé',
    '100%',
    'a%41b',
    '...',
    '.hidden',
    'signatures',
    'manifest.json/app',
    'x'.repeat(255),
  ])('may be %j', name => {
    expect(() => validateImageName(name)).not.toThrow()
  })

  test.each([
    ['', 'it is empty'],
    ['/app', 'it has an empty component'],
    ['app/', 'it has an empty component'],
    ['team//app', 'it has an empty component'],
    ['.', '"." is a way through directories'],
    ['../app', '".." is a way through directories'],
    ['team/../app', '".." is a way through directories'],
    ['team/./app', '"." is a way through directories'],
    ['team\\app', '"team\\\\app" has a backslash'],
    ['app\u0000', '"app\\u0000" has a control character'],
    ['app\n', '"app\\n" has a control character'],
    ['app\u0085', 'has a control character'],
    ['my app', '"my app" has white space'],
    ['my\u00a0app', 'has white space'],
    ['app*', '"app*" has a "*"'],
    ['app?', '"app?" has a "?"'],
    ['app@v1', '"app@v1" has a "@"'],
    ['team/app:v1', 'its last component has a ":", which begins a tag'],
    ['\ud800', 'it is not valid Unicode'],
    ['app/manifest.json', '"manifest.json" is the name of a file below a tag'],
    ['app/v1/history.json/x', '"history.json" is the name of a file below a tag'],
    ['app/oci-layout', '"oci-layout" is the name of a file below a tag'],
    ['app/v1/signatures', '"signatures" is the name of a file below a tag'],
    ['x'.repeat(256), 'is longer than 255 bytes'],
    [`${'long/'.repeat(140)}x`, 'it is longer than 700 bytes'],
    ['%2e%2e', '"%2e%2e" is percent-encoded, and decoded it is a way through directories'],
    ['team/%2E./app', 'is percent-encoded, and decoded it is a way through directories'],
    ['%252e%252e', 'is percent-encoded, and decoded it is a way through directories'],
    ['%25252e%25252e', 'is percent-encoded, and decoded it is a way through directories'],
    ['a%2f..%2fb', 'is percent-encoded, and decoded it has a slash'],
    ['a%5cb', 'is percent-encoded, and decoded it has a backslash'],
    ['a%00', 'is percent-encoded, and decoded it has a control character'],
    ['a%20b', 'is percent-encoded, and decoded it has white space'],
    ['a%2a', 'is percent-encoded, and decoded it has a "*"'],
    ['app/manifest%2ejson', 'is percent-encoded, and decoded it is the name of a file below a tag'],
    ['%c0%ae%c0%ae', 'has percent-encoding that is not UTF-8'],
  ])('may not be %j', (name, why) => {
    expect(() => validateImageName(name)).toThrow(
      expect.objectContaining({ code: 'bad-reference', message: expect.stringContaining(why) }),
    )
  })
})

describe('a tag', () => {
  test.each(['v1', 'latest', '_', '1.0.0-rc.1_x', 'x'.repeat(128), 'Manifest.json'])('may be %j', tag => {
    expect(() => validateTag(tag)).not.toThrow()
  })

  test.each([
    '',
    '.',
    '..',
    '.v1',
    '-v1',
    'v/1',
    'v1\n',
    'v 1',
    'v%31',
    'v:1',
    'é',
    'x'.repeat(129),
    'manifest.json',
    'history.json',
    'oci-layout',
    'signatures',
  ])('may not be %j', tag => {
    expect(() => validateTag(tag)).toThrow(
      expect.objectContaining({ code: 'bad-reference', hint: expect.stringMatching(/./) }),
    )
  })
})

test('whatever is accepted becomes a key that is read back as the same image and tag, below its own folder', () => {
  const hostile = fc.constantFrom(
    'a',
    'b',
    '.',
    '..',
    '/',
    '\\',
    '%2e',
    '%2f',
    '%25',
    '%',
    ':',
    '@',
    '*',
    ' ',
    '\0',
    'é',
    '-',
    '_',
    'signatures',
  )
  const text = fc.array(hostile, { maxLength: 8 }).map(parts => parts.join(''))
  const pair = fc.tuple(text, text)
  const keyOf = ([image, tag]: readonly [string, string]) => {
    try {
      return tagKeys(image, tag).manifest
    } catch (error) {
      if (isLadingError(error, 'bad-reference')) return undefined
      throw error
    }
  }
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      const key = keyOf(one)
      if (key === undefined) return
      expect(parseTagKey(key)).toEqual({ image: one[0], tag: one[1] })
      expect(new URL(key, 'file:///root/').pathname.startsWith('/root/manifests/')).toBe(true)
      const second = keyOf(other)
      if (second !== undefined && one.join('\0') !== other.join('\0')) {
        expect(second).not.toBe(key)
        // A key is never a folder of another: a directory could not hold both.
        expect(second.startsWith(`${key}/`)).toBe(false)
      }
    }),
    { numRuns: 2000 },
  )
})
