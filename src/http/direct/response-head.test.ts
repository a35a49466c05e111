import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseResponseHead } from './response-head.ts'

const head = (...lines: readonly string[]) => parseResponseHead(lines.join('\r\n'))

test('reads the status, the length and the headers, whose names are in lower case', () => {
  const read = head('HTTP/1.1 206 Partial Content', 'Content-Length: 12', 'Content-Range:bytes 0-11/20 ', 'ETag: \t"a"')
  expect(read).toMatchObject({ status: 206, length: 12, keepsOpen: true })
  expect(Object.fromEntries(read?.headers ?? [])).toEqual({
    'content-length': '12',
    'content-range': 'bytes 0-11/20',
    etag: '"a"',
  })
})

test('a header that comes twice is one list', () => {
  expect(head('HTTP/1.1 200 OK', 'Content-Length: 0', 'Link: a', 'link: b')?.headers.get('link')).toBe('a, b')
})

test.each([
  ['Connection: close', false],
  ['Connection: Keep-Alive, Close', false],
  ['Connection: keep-alive', true],
  ['X-Connection: close', true],
])('after %j the connection stays open: %s', (line, keepsOpen) => {
  expect(head('HTTP/1.1 200 OK', 'Content-Length: 1', line)?.keepsOpen).toBe(keepsOpen)
})

test.each(['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 200 Très bien'])('the reason may be anything: %j', line => {
  expect(head(line, 'Content-Length: 1')?.status).toBe(200)
})

describe('what leaves a doubt is left to others:', () => {
  test.each([
    ['HTTP/1.0', 'HTTP/1.0 200 OK', 'Content-Length: 1'],
    ['HTTP/2', 'HTTP/2 200', 'Content-Length: 1'],
    ['an answer before the answer', 'HTTP/1.1 103 Early Hints', 'Content-Length: 1'],
    ['a status of four digits', 'HTTP/1.1 2000 OK', 'Content-Length: 1'],
    ['no status', 'HTTP/1.1', 'Content-Length: 1'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2', ''],
    ['no length', 'HTTP/1.1 200 OK', 'Content-Type: text/plain'],
    ['two lengths', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 1'],
    ['a negative length', 'HTTP/1.1 200 OK', 'Content-Length: -1'],
    ['a length with a sign', 'HTTP/1.1 200 OK', 'Content-Length: +1'],
    ['a hexadecimal length', 'HTTP/1.1 200 OK', 'Content-Length: 0x10'],
    ['a length beyond all numbers', 'HTTP/1.1 200 OK', 'Content-Length: 9999999999999999'],
    ['chunks', 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'],
    ['chunks and a length', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'Transfer-Encoding: chunked'],
    ['compressed bytes', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Encoding: gzip'],
    ['a folded line', 'HTTP/1.1 200 OK', 'Content-Length: 1', ' more'],
    ['a space before the colon', 'HTTP/1.1 200 OK', 'Content-Length : 1'],
    ['a header without a name', 'HTTP/1.1 200 OK', 'Content-Length: 1', ': a'],
    ['a header without a colon', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'nothing'],
    ['a lone line feed', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'A: b\nTransfer-Encoding: chunked'],
    ['a lone carriage return', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'A: b\rc'],
    ['a zero byte', 'HTTP/1.1 200 OK', 'Content-Length: 1', 'A: b\0'],
  ])('%s', (_, ...lines) => {
    expect(head(...lines)).toBeUndefined()
  })

  test('bytes that nobody thought of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const read = parseResponseHead(text)
        return read === undefined || (read.status >= 200 && Number.isSafeInteger(read.length))
      }),
    )
  })
})

test('a value of nothing but blanks, and something that may not be there, is looked at once', () => {
  expect(parseResponseHead(`HTTP/1.1 200 OK\r\na:${' '.repeat(60_000)}\x7f`)).toBeUndefined()
  const head = parseResponseHead(`HTTP/1.1 200 OK\r\ncontent-length:\t 3 \t\r\na:${' '.repeat(60_000)}x`)
  expect([head?.length, head?.headers.get('a')]).toEqual([3, 'x'])
})
