import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parsePolicy, readPolicy } from './policy.ts'
import { pathIdentity, registryIdentity, requirementsFor, requireTrust } from './require-trust.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-trust-'))
afterAll(() => rm(folder, { recursive: true }))

const accept = [{ type: 'insecureAcceptAnything' }]
const reject = [{ type: 'reject' }]
const signed = [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/key' }]
const policyOf = (document: unknown) => parsePolicy(JSON.stringify(document), 'policy.json')

describe('a policy', () => {
  test('is that of the user where no other is named', async () => {
    await mkdir(path.join(folder, '.config/containers'), { recursive: true })
    await writeFile(path.join(folder, '.config/containers/policy.json'), JSON.stringify({ default: reject }))
    expect(await readPolicy(undefined, { HOME: folder })).toEqual({ default: ['reject'], transports: {} })
    await writeFile(path.join(folder, 'own.json'), JSON.stringify({ default: accept }))
    const named = await readPolicy(path.join(folder, 'own.json'), { HOME: folder })
    expect(named.default).toEqual(['insecureAcceptAnything'])
  })

  test('that is named must be there', async () => {
    await expect(readPolicy(path.join(folder, 'missing'), { HOME: folder })).rejects.toMatchObject({
      code: 'bad-config',
      message: 'no such file or directory',
      subject: path.join(folder, 'missing'),
    })
  })

  test.each([
    ['{', 'it is not JSON'],
    ['{}', 'default: '],
    ['{"default":[]}', 'default: a list of requirements is empty'],
    ['{"default":[{"type":"foo"}]}', 'default.0.type: '],
    ['{"default":[{"type":"reject"}],"x":1}', 'x: '],
    ['{"default":[{"type":"reject"}],"transports":{"docker":{"":[]}}}', 'transports.docker.: a list'],
  ])('%s is refused', (text, why) => {
    expect(() => parsePolicy(text, 'policy.json')).toThrow(expect.objectContaining({ code: 'bad-config' }))
    expect(() => parsePolicy(text, 'policy.json')).toThrow(`invalid policy in "policy.json": ${why}`)
  })
})

describe('the narrowest scope decides', () => {
  const busybox = registryIdentity('docker.io', 'library/busybox', ':1')
  test.each([
    ['the image', 'docker.io/library/busybox:1'],
    ['its repository', 'docker.io/library/busybox'],
    ['what holds that', 'docker.io/library'],
    ['its registry', 'docker.io'],
    ['a domain', '*.io'],
    ['the transport', ''],
  ])('%s', (_, scope) => {
    const transports = { docker: { [scope]: accept, 'docker.io/library/busy': reject, 'quay.io': reject } }
    expect(requirementsFor(policyOf({ default: reject, transports }), busybox)).toEqual(['insecureAcceptAnything'])
  })

  test('of two', () => {
    const policy = policyOf({ default: accept, transports: { docker: { '': accept, 'docker.io/library': reject } } })
    expect(requirementsFor(policy, busybox)).toEqual(['reject'])
    expect(requirementsFor(policy, registryIdentity('quay.io', 'a/b', ':1'))).toEqual(['insecureAcceptAnything'])
    expect(requirementsFor(policy, pathIdentity('dir', '/srv/x', ''))).toEqual(['insecureAcceptAnything'])
  })

  test.each([['/srv/images/app:v1'], ['/srv/images/app'], ['/srv/images'], ['/srv'], ['']])('of a path: %j', scope => {
    const policy = policyOf({ default: accept, transports: { oci: { [scope]: reject } } })
    expect(requirementsFor(policy, pathIdentity('oci', '/srv/images/app', 'v1'))).toEqual(['reject'])
  })

  test('no port is a part of a domain', () => {
    const policy = policyOf({ default: accept, transports: { docker: { '*.example.com': reject } } })
    expect(requirementsFor(policy, registryIdentity('a.example.com', 'x', ''))).toEqual(['reject'])
    expect(requirementsFor(policy, registryIdentity('a.example.com:5000', 'x', ''))).toEqual(['insecureAcceptAnything'])
  })
})

describe('an image', () => {
  const image = registryIdentity('quay.io', 'a/b', ':1')

  test('is trusted where everything is', () => {
    expect(requireTrust(policyOf({ default: accept }), image)).toBeUndefined()
  })

  test.each([
    [reject, 'untrusted'],
    [[...accept, ...reject], 'untrusted'],
    [signed, 'unsupported'],
    [[...accept, ...signed], 'unsupported'],
  ])('is not where the policy asks for %j', (asked, code) => {
    expect(() => requireTrust(policyOf({ default: asked }), image)).toThrow(
      expect.objectContaining({ code, subject: 'docker://quay.io/a/b:1' }),
    )
  })
})
