import { describe, expect, onTestFinished, test } from 'vitest'
import { openHttpTestClient } from '../testing/http-test-client.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { isDoubtful, isUnexpectedAddress, requireHarmless, requireReachable } from './reach.ts'
import { redirected } from './redirect.ts'

const addresses: Readonly<Record<string, readonly string[]>> = {
  'public.test': ['93.184.216.34', '2606:2800:220:1::1'],
  'inside.test': ['10.1.2.3'],
  'here.test': ['127.0.0.1'],
  'mixed.test': ['93.184.216.34', '169.254.169.254'],
  'mapped.test': ['::ffff:127.0.0.1'],
}
const resolve = async (name: string) => {
  const found = addresses[name]
  if (found === undefined) throw new Error('ENOTFOUND')
  return found
}
const verdict = (from: string, to: string) =>
  requireReachable(new URL(`https://${from}/`), new URL(`https://${to}/`), resolve).then(
    () => 'allowed',
    ({ code }) => code,
  )

describe('what a server may send us to', () => {
  test.each([
    ['public.test', 'bucket.test', 'allowed'],
    ['public.test', '10.1.2.3', 'allowed'],
    ['public.test', 'inside.test', 'allowed'],
    ['public.test', '127.0.0.1:9000', 'protocol-error'],
    ['public.test', 'localhost', 'protocol-error'],
    ['public.test', 'here.test', 'protocol-error'],
    ['public.test', 'mapped.test', 'protocol-error'],
    ['public.test', '[::1]', 'protocol-error'],
    ['public.test', '0.0.0.0', 'protocol-error'],
    ['public.test', '2130706433', 'protocol-error'],
    ['public.test', '169.254.169.254', 'protocol-error'],
    ['public.test', 'mixed.test', 'protocol-error'],
    ['public.test', 'metadata.google.internal', 'protocol-error'],
    ['unknown.test', 'localhost', 'protocol-error'],
    ['inside.test', 'localhost:9000', 'allowed'],
    ['192.168.1.5:5000', '127.0.0.1', 'allowed'],
    ['here.test', 'localhost:9000', 'allowed'],
    ['localhost:5000', '10.1.2.3', 'allowed'],
    ['127.0.0.1', '[fe80::1]', 'protocol-error'],
    ['inside.test', '[fd00:ec2::254]', 'protocol-error'],
    ['inside.test', '[::ffff:169.254.169.254]', 'protocol-error'],
    ['169.254.1.1', '169.254.1.2', 'allowed'],
    ['localhost', 'localhost:1', 'allowed'],
  ])('%s to %s: %s', async (from, to, expected) => {
    expect(await verdict(from, to)).toBe(expected)
  })
})

test('by what is written, the link alone is refused, and this machine is doubtful', () => {
  const registry = new URL('https://public.test/')
  expect(() => requireHarmless(registry, new URL('http://127.0.0.1/'))).not.toThrow()
  expect(isDoubtful(registry, new URL('http://127.0.0.1/'))).toBe(true)
  expect(isDoubtful(new URL('http://localhost/'), new URL('http://127.0.0.1/'))).toBe(false)
  expect(() => requireHarmless(undefined, new URL('http://169.254.169.254/'))).toThrow(/the image sends us to/)
  const headers = new Map([['location', 'https://[fe80::1]/x']])
  expect(() => redirected({ method: 'GET', url: registry.href }, { status: 302, headers })).toThrow(/local link/)
})

test.each([
  ['bucket.test', '169.254.169.254', true],
  ['bucket.test', '127.0.0.1', true],
  ['a.localhost', '127.0.0.1', false],
  ['bucket.test', '10.0.0.1', false],
])('%s at %s is unexpected: %s', (name, address, expected) => {
  expect(isUnexpectedAddress(name, address)).toBe(expected)
})

test('a server elsewhere does not get us to ask this machine, behind a proxy too', async () => {
  const asked: string[] = []
  const proxy = await startScriptedServer(({ raw }, response) => {
    asked.push(raw.url ?? '')
    response.writeHead(307, { location: `http://${proxy.host}/secret` }).end()
  })
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const client = openHttpTestClient({ environment: { HTTP_PROXY: proxy.origin } })
  onTestFinished(() => client[Symbol.asyncDispose]())
  const answer = client.http.request({ method: 'GET', url: 'http://registry.test/v2/' })
  await expect(answer).rejects.toMatchObject({ code: 'protocol-error' })
  expect(asked).toEqual(['http://registry.test/v2/'])
})

test('what a server names is asked only if it may redirect there', async () => {
  const server = await startScriptedServer((_, response) => void response.end('x'))
  onTestFinished(() => server[Symbol.asyncDispose]())
  const client = openHttpTestClient({ resolve })
  onTestFinished(() => client[Symbol.asyncDispose]())
  const ask = (namedBy: string) => client.http.request({ method: 'GET', url: server.origin, namedBy })
  await expect(ask('https://public.test')).rejects.toMatchObject({ code: 'protocol-error' })
  expect(server.log).toEqual([])
  await (await ask('https://inside.test')).discard()
  expect(server.log).toHaveLength(1)
})
