import { expect, test } from 'vitest'
import { networkFailure } from './network-failure.ts'
import { defaultTimeouts } from './timeouts.ts'

const attempt = { url: new URL('https://r.test/v2/?sig=secret'), proxy: undefined, timeouts: defaultTimeouts }

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'the certificate of r.test is signed by an unknown authority'],
  ['CERT_HAS_EXPIRED', 'tls', 'the certificate of r.test has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'the certificate of r.test is for another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', 'r.test does not speak TLS, perhaps it speaks plain HTTP'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls', 'no TLS connection to r.test (SSL_TLSV1_ALERT_PROTOCOL_VERSION)'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls', 'r.test wants a certificate of this client that it knows'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls', 'r.test wants a certificate of this client that it knows'],
  ['ENOTFOUND', 'network', 'there is no host r.test'],
  ['EAI_AGAIN', 'network', 'the name r.test could not be looked up'],
  ['ECONNREFUSED', 'network', 'r.test refuses connections'],
  ['ECONNRESET', 'network', 'the connection to r.test was reset'],
  ['ENETUNREACH', 'network', 'there is no route to r.test'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'no connection to r.test within 15 s'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout', 'r.test sent nothing for 60 s'],
  ['UND_ERR_HEADERS_OVERFLOW', 'protocol-error', 'r.test sends headers that are too large'],
  ['HPE_INVALID_CONSTANT', 'protocol-error', 'r.test does not answer in HTTP'],
  ['ESOMETHING', 'network', 'the connection to r.test failed (ESOMETHING)'],
])('%s', (code, expectedCode, message) => {
  const { error } = networkFailure(Object.assign(new Error('sig=secret'), { code }), attempt)
  expect(error).toMatchObject({ code: expectedCode, message })
})

test('a proxy that refuses is named', () => {
  const proxy = new URL('http://user:pass@proxy.test:3128')
  const { error } = networkFailure(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), { ...attempt, proxy })
  expect(error.message).toBe('the proxy answered 407 for r.test, through the proxy proxy.test:3128')
  expect(error.hint).toMatch(/user and password/)
})

test.each([
  ['ECONNREFUSED', 'the proxy proxy.test:3128 refuses connections'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection to the proxy proxy.test:3128 within 15 s'],
  ['ECONNRESET', 'the connection to r.test was reset, through the proxy proxy.test:3128'],
])('%s behind a proxy', (code, message) => {
  const proxy = new URL('http://user:pass@proxy.test:3128')
  const { error } = networkFailure(Object.assign(new Error(), { code }), { ...attempt, proxy })
  expect(error.message).toBe(message)
})
