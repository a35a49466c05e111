import { describe, expect, test } from 'vitest'
import { parseResponseHead } from '../../http/direct/response-head.ts'
import { type Answer, judgeAnswer } from './answer.ts'

const request = {
  url: 'https://registry.example/v2/app/blobs/sha256:1',
  headers: { authorization: 'Bearer secret', range: 'bytes=10-99', 'user-agent': 'lading' },
  tlsVerify: true,
  route: undefined,
}

function judge(status: number, headers: Record<string, string> = {}, length = 90): Answer {
  const lines = Object.entries({ 'content-length': `${length}`, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const head = parseResponseHead([`HTTP/1.1 ${status} x`, ...lines].join('\r\n'))
  if (head === undefined) throw new Error('no head')
  return judgeAnswer(head, { request, from: 10, size: 100 })
}

describe('of an answer to a range from 10 of 100', () => {
  test.each([
    ['all of it', 200, {}, 100, 'whole'],
    ['another length', 200, {}, 99, 'other'],
    ['the range', 206, { 'content-range': 'bytes 10-99/100' }, 90, 'range'],
    ['a part of the range', 206, { 'content-range': 'bytes 10-20/100' }, 11, 'range'],
    ['a total that is not known', 206, { 'content-range': 'bytes 10-99/*' }, 90, 'range'],
    ['a range of something larger', 206, { 'content-range': 'bytes 10-99/101' }, 90, 'other'],
    ['a range from elsewhere', 206, { 'content-range': 'bytes 0-89/100' }, 90, 'other'],
    ['a range in another unit', 206, { 'content-range': 'items 10-99/100' }, 90, 'other'],
    ['no range', 206, {}, 90, 'other'],
    ['several parts', 206, { 'content-type': 'multipart/byteranges; boundary=x' }, 400, 'other'],
    ['not authorized', 401, {}, 0, 'unauthorized'],
    ['forbidden', 403, {}, 0, 'unauthorized'],
    ['not there', 404, {}, 0, 'other'],
    ['no such range', 416, { 'content-range': 'bytes */100' }, 0, 'other'],
    ['nothing', 204, {}, 0, 'other'],
    ['too many requests', 429, {}, 0, 'slow-down'],
    ['not now', 503, {}, 0, 'slow-down'],
    ['a choice', 300, { location: '/other' }, 0, 'other'],
  ])('%s (%i %j, %i bytes) is %s', (_, status, headers, length, kind) => {
    expect(judge(status, headers as Record<string, string>, length).kind).toBe(kind)
  })

  test('a range that is not as long as it says is none', () => {
    expect(judge(206, { 'content-range': 'bytes 10-99/100' }, 89).kind).toBe('other')
    expect(judge(206, { 'content-range': 'bytes 10-9/100' }, 0).kind).toBe('other')
  })

  test('the wait that a server asks for is known, and who asked', () => {
    expect(judge(429, { 'retry-after': '7' })).toMatchObject({
      retryAfterMs: 7000,
      error: { code: 'rate-limited', status: 429, message: 'registry.example answered 429' },
    })
    expect(judge(503)).toMatchObject({ retryAfterMs: undefined, error: { code: 'server-error', status: 503 } })
  })

  test('a redirect to another host takes no authorization and no range along', () => {
    expect(judge(307, { location: 'https://cdn.example/x?signature=1' })).toEqual({
      kind: 'redirect',
      to: { ...request, url: 'https://cdn.example/x?signature=1', headers: { 'user-agent': 'lading' } },
    })
  })

  test('a redirect within the host keeps the authorization', () => {
    expect(judge(302, { location: '/elsewhere' })).toMatchObject({
      kind: 'redirect',
      to: {
        url: 'https://registry.example/elsewhere',
        headers: { authorization: 'Bearer secret', 'user-agent': 'lading' },
      },
    })
  })

  test.each([
    ['to plain HTTP', { location: 'http://cdn.example/x' }],
    ['to no place', {}],
    ['to another protocol', { location: 'file:///etc/passwd' }],
  ])('a redirect %s is refused', (_, headers) => {
    expect(() => judge(307, headers as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'protocol-error' }) as Error,
    )
  })
})
