import { expect, test } from 'vitest'
import { proxyFor } from './proxy.ts'

const both = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' }

test.each([
  ['http://a.test/', both, 'http://plain:1/'],
  ['https://a.test/', both, 'http://secure:2/'],
  ['https://a.test/', { https_proxy: 'secure:2' }, 'http://secure:2/'],
  ['https://a.test/', { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' }, 'http://upper:1/'],
  ['https://a.test/', { ALL_PROXY: 'http://all:1' }, undefined],
  ['http://localhost:5000/', both, undefined],
  ['http://127.0.0.1:5000/', both, undefined],
  ['http://a.test/', { ...both, no_proxy: 'a.test' }, undefined],
])('%s with %o', (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)?.href).toBe(expected)
})

test.each(['socks5://user:pass@s:1', 'http://', 'not a url'])('%s is refused, without its password', value => {
  const attempt = () => proxyFor(new URL('https://a.test'), { HTTPS_PROXY: value })
  expect(attempt).toThrow(
    expect.objectContaining({ code: 'bad-argument', message: expect.not.stringContaining('pass') }),
  )
})

test('a password that is no percent-encoding is taken as it stands', () => {
  const proxy = proxyFor(new URL('https://a.test'), { HTTPS_PROXY: 'http://user:100%sure-of-it@p:1' })
  expect(proxy?.host).toBe('p:1')
})
