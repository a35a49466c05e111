import { expect, test } from 'vitest'
import { isLoopback, matchesNoProxy } from './no-proxy.ts'

test.each([
  ['*', 'https://anything.test/', true],
  ['', 'https://a.test/', false],
  ['a.test', 'https://a.test/', true],
  ['a.test', 'https://b.a.test/', true],
  ['a.test', 'https://ba.test/', false],
  ['.a.test', 'https://a.test/', false],
  ['.a.test', 'https://b.a.test/', true],
  ['*.a.test', 'https://b.a.test/', true],
  [' x.test , A.TEST ', 'https://a.test/', true],
  ['a.test:443', 'https://a.test/', true],
  ['a.test:5000', 'https://a.test/', false],
  ['a.test:5000', 'http://a.test:5000/', true],
  ['10.1.2.3', 'http://10.1.2.3:5000/', true],
  ['10.1.2.3:80', 'http://10.1.2.3:5000/', false],
  ['10.0.0.0/8', 'http://10.200.0.1/', true],
  ['10.0.0.0/8', 'http://11.0.0.1/', false],
  ['10.0.0.0/8', 'http://ten.test/', false],
  ['10.0.0.0/99', 'http://10.0.0.1/', false],
  ['10.0.0.0/', 'http://11.0.0.1/', false],
  ['fd00::/8', 'http://[fd12::1]/', true],
  ['0:0::5', 'http://[::5]/', true],
  ['[::5]:80', 'http://[::5]/', true],
  ['[::5]:81', 'http://[::5]/', false],
])('NO_PROXY=%s and %s: %s', (noProxy, url, expected) => {
  expect(matchesNoProxy(new URL(url), noProxy)).toBe(expected)
})

test.each([
  ['localhost', true],
  ['registry.localhost', true],
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['localhost.test', false],
  ['127.0.0.1.test', false],
  ['128.0.0.1', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
