import { expect, test } from 'vitest'
import { serverAddress } from './server-address.ts'

test.each([
  ['http://example.com/a', 'example.com', 80],
  ['https://example.com/', 'example.com', 443],
  ['https://[::1]:5000/', '::1', 5000],
])('%s is at %s, port %i', (url, host, port) => {
  expect(serverAddress(new URL(url))).toEqual({ host, port })
})
