import { describe, expect, test } from 'vitest'
import { parsePolicy } from './parse-policy.ts'
import type { Requirement } from './policy.ts'

const accept = [{ type: 'insecureAcceptAnything' }]
const reject = [{ type: 'reject' }]
const key = Buffer.from('key')
const keyData = key.toString('base64')
const orExact = { type: 'matchRepoDigestOrExact' }
const fulcio = { caPath: '/ca', oidcIssuer: 'https://issuer.example', subjectEmail: 'a@b.example' }
const pki = { caRootsPath: '/roots', subjectHostname: 'b.example' }
const signedBy = (rest: object) => ({ type: 'signedBy', keyType: 'GPGKeys', ...rest })
const sigstore = (rest: object) => ({ type: 'sigstoreSigned', ...rest })
const identity = (signedIdentity: unknown) => signedBy({ keyPath: '/key', signedIdentity })

const parse = (document: unknown) => parsePolicy(JSON.stringify(document), 'policy.json')
const requirement = (one: unknown): Requirement | undefined => parse({ default: [one] }).default[0]

describe('a requirement', () => {
  test.each<[unknown, unknown]>([
    [accept[0], { type: 'insecureAcceptAnything' }],
    [reject[0], { type: 'reject' }],
    [signedBy({ keyPath: '/a' }), { type: 'signedBy', keyType: 'GPGKeys', keys: [{ path: '/a' }], identity: orExact }],
    [signedBy({ keyPaths: ['/a', '/b'] }), expect.objectContaining({ keys: [{ path: '/a' }, { path: '/b' }] })],
    [signedBy({ keyPaths: [] }), expect.objectContaining({ keys: [] })],
    [signedBy({ keyData }), expect.objectContaining({ keys: [{ bytes: key }] })],
    [signedBy({ keyData: `a2\nV5` }), expect.objectContaining({ keys: [{ bytes: key }] })],
    [
      { ...signedBy({ keyPath: '/a' }), keyType: 'signedByX509CAs' },
      expect.objectContaining({ keyType: 'signedByX509CAs' }),
    ],
    [
      { type: 'signedBaseLayer', baseLayerIdentity: orExact },
      { type: 'signedBaseLayer', identity: orExact },
    ],
    [sigstore({ keyPath: '/a' }), { type: 'sigstoreSigned', keys: [{ path: '/a' }], identity: orExact }],
    [sigstore({ keyPaths: ['/a'] }), expect.objectContaining({ keys: [{ path: '/a' }] })],
    [sigstore({ keyData }), expect.objectContaining({ keys: [{ bytes: key }] })],
    [sigstore({ keyDatas: [keyData, keyData] }), expect.objectContaining({ keys: [{ bytes: key }, { bytes: key }] })],
    [sigstore({ keyPath: '/a', rekorPublicKeyPath: '/r' }), expect.objectContaining({ rekorKeys: [{ path: '/r' }] })],
    [
      sigstore({ fulcio, rekorPublicKeyDatas: [keyData] }),
      {
        type: 'sigstoreSigned',
        fulcio: { ca: { path: '/ca' }, oidcIssuer: 'https://issuer.example', subjectEmail: 'a@b.example' },
        rekorKeys: [{ bytes: key }],
        identity: orExact,
      },
    ],
    [
      sigstore({ pki: { ...pki, caIntermediatesData: keyData, subjectEmail: 'a@b.example' } }),
      {
        type: 'sigstoreSigned',
        pki: {
          roots: { path: '/roots' },
          intermediates: { bytes: key },
          subjectHostname: 'b.example',
          subjectEmail: 'a@b.example',
        },
        identity: orExact,
      },
    ],
    ...[
      { type: 'matchExact' },
      { type: 'matchRepository' },
      { type: 'exactReference', dockerReference: 'quay.io/a/b:1' },
      { type: 'exactReference', dockerReference: `busybox@sha256:${'a'.repeat(64)}` },
      { type: 'exactRepository', dockerRepository: 'quay.io/a/b' },
      { type: 'exactRepository', dockerRepository: 'busybox:1' },
      { type: 'remapIdentity', prefix: 'mirror:5000', signedPrefix: 'quay.io/a' },
    ].map((rule): [unknown, unknown] => [identity(rule), expect.objectContaining({ identity: rule })]),
  ])('%j', (written, read) => {
    expect(requirement(written)).toEqual(read)
  })

  test.each([
    ['foo', { type: 'foo' }],
    ['nothing', {}],
    ['a text', 'reject'],
    ['null', null],
    ['a list', []],
    ['a field that is not known', { type: 'reject', x: 1 }],
    ['a key where none is asked for', { type: 'insecureAcceptAnything', keyPath: '/a' }],
    ['no key type', { type: 'signedBy', keyPath: '/a' }],
    ['another key type', { type: 'signedBy', keyType: 'gpgkeys', keyPath: '/a' }],
    ['no key', signedBy({})],
    ['an empty path', signedBy({ keyPath: '' })],
    ['null for a path', signedBy({ keyPath: null })],
    ['null for paths', signedBy({ keyPaths: null })],
    ['a number for a path', signedBy({ keyPath: 1 })],
    ['a text for paths', signedBy({ keyPaths: '/a' })],
    ['two kinds of keys', signedBy({ keyPath: '/a', keyData })],
    ['two other kinds', signedBy({ keyPath: '/a', keyPaths: ['/a'] })],
    ['no base64', signedBy({ keyData: '!' })],
    ['base64 without padding', signedBy({ keyData: 'a2V5YQ' })],
    ['base64 of URLs', signedBy({ keyData: '_-_-' })],
    ['keyDatas for GnuPG', signedBy({ keyDatas: [keyData] })],
    ['a base layer without an identity', { type: 'signedBaseLayer' }],
    ['no key of sigstore', sigstore({})],
    ['an empty list', sigstore({ keyPaths: [] })],
    ['an empty list of data', sigstore({ keyDatas: [] })],
    ['a key and Fulcio', sigstore({ keyPath: '/a', fulcio, rekorPublicKeyPath: '/r' })],
    ['Fulcio without Rekor', sigstore({ fulcio })],
    ['Fulcio without an issuer', sigstore({ fulcio: { ...fulcio, oidcIssuer: '' }, rekorPublicKeyPath: '/r' })],
    [
      'Fulcio without a subject',
      sigstore({ fulcio: { ...fulcio, subjectEmail: undefined }, rekorPublicKeyPath: '/r' }),
    ],
    ['Fulcio with two CAs', sigstore({ fulcio: { ...fulcio, caData: keyData }, rekorPublicKeyPath: '/r' })],
    ['Fulcio with another field', sigstore({ fulcio: { ...fulcio, x: 1 }, rekorPublicKeyPath: '/r' })],
    ['two kinds of keys of Rekor', sigstore({ keyPath: '/a', rekorPublicKeyPath: '/r', rekorPublicKeyData: keyData })],
    ['a PKI with Rekor', sigstore({ pki, rekorPublicKeyPath: '/r' })],
    ['a PKI without a subject', sigstore({ pki: { caRootsPath: '/roots' } })],
    ['a PKI without roots', sigstore({ pki: { subjectEmail: 'a@b.example' } })],
    [
      'a PKI with two kinds of intermediates',
      sigstore({ pki: { ...pki, caIntermediatesPath: '/i', caIntermediatesData: keyData } }),
    ],
    ['null for Fulcio', sigstore({ fulcio: null, rekorPublicKeyPath: '/r' })],
    ['null for the identity', identity(null)],
    ['an identity that is not known', identity({ type: 'matchAnything' })],
    ['an identity with another field', identity({ type: 'matchExact', prefix: 'a' })],
    ['no reference', identity({ type: 'exactReference' })],
    ['a reference without a tag', identity({ type: 'exactReference', dockerReference: 'quay.io/a/b' })],
    ['what is no reference', identity({ type: 'exactReference', dockerReference: 'UPPER:1' })],
    ['what is no repository', identity({ type: 'exactRepository', dockerRepository: '' })],
    ['a prefix with a tag', identity({ type: 'remapIdentity', prefix: 'quay.io/a:1', signedPrefix: 'quay.io' })],
    [
      'a prefix that ends with a slash',
      identity({ type: 'remapIdentity', prefix: 'quay.io/', signedPrefix: 'quay.io' }),
    ],
    ['no signed prefix', identity({ type: 'remapIdentity', prefix: 'quay.io' })],
  ])('is refused: %s', (_, written) => {
    expect(() => requirement(written)).toThrow(expect.objectContaining({ code: 'bad-config' }))
  })
})

describe('a policy', () => {
  test('has what is asked by transport and scope', () => {
    const { transports } = parse({
      default: reject,
      transports: { docker: { '': reject, 'quay.io': accept }, s3: { constructor: accept, __proto__: reject } },
    })
    expect([...(transports.get('docker')?.keys() ?? [])]).toEqual(['', 'quay.io'])
    expect(transports.get('s3')?.get('constructor')).toEqual(accept)
  })

  test.each([
    ['{', 'it is not JSON'],
    ['\uFEFF{}', 'it is not JSON'],
    ['[]', 'it is not an object'],
    ['null', 'it is not an object'],
    ['{}', 'default: it is missing'],
    ['{"default":null}', 'default: it is not a list'],
    ['{"default":[]}', 'default: a list of requirements is empty'],
    ['{"default":{"type":"reject"}}', 'default: it is not a list'],
    ['{"default":[{"type":"foo"}]}', 'default.0.type: '],
    ['{"default":[{"type":"insecureAcceptAnything"},{"type":"reject","x":1}]}', 'default.1.x: '],
    ['{"default":[{"type":"reject"}],"x":1}', 'x: it is not known'],
    ['{"Default":[{"type":"reject"}]}', 'Default: it is not known'],
    ['{"default":[{"type":"reject"}],"transports":null}', 'transports: it is not an object'],
    ['{"default":[{"type":"reject"}],"transports":{"docker":[]}}', 'transports.docker: it is not an object'],
    ['{"default":[{"type":"reject"}],"transports":{"docker":{"":[]}}}', 'transports.docker.: a list'],
    ['{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}', 'default: it is there twice'],
    ['{"default":[{"type":"reject","type":"insecureAcceptAnything"}]}', 'type: it is there twice'],
    [
      '{"default":[{"type":"reject"}],"transports":{"docker":{"a":[{"type":"reject"}],"\\u0061":[{"type":"reject"}]}}}',
      'a: it is there twice',
    ],
    [
      `{"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"${'a'.repeat(4_000_000)}","x":1}]}`,
      'default.0.x: ',
    ],
  ])('%.80s is refused', (text, why) => {
    expect(() => parsePolicy(text, 'policy.json')).toThrow(expect.objectContaining({ code: 'bad-config' }))
    expect(() => parsePolicy(text, 'policy.json')).toThrow(`invalid policy in "policy.json": ${why}`)
  })
})

describe('a scope', () => {
  test.each([
    ['docker', 'anything at all'],
    ['unheard-of', 'anything at all'],
    ['docker', '*.example.com'],
    ['atomic', 'host:5000/namespace/stream:tag'],
    ['dir', '/a/b'],
    ['oci', '/a:b'],
    ['docker-daemon', 'docker.io/library/a:1'],
    ['containers-storage', '[overlay@/a]docker.io/library/a:1'],
    ['containers-storage', `[overlay@/a]a@sha256:${'a'.repeat(64)}@${'a'.repeat(64)}`],
    ['containers-storage', `[/a]@${'a'.repeat(64)}`],
    ['s3', 'bucket/some/prefix//org/app:v1'],
    ['gs', 'bucket'],
    ['local', '/srv/images//org/app:v1'],
    ['local', '/srv'],
    ['docker-archive', ''],
  ])('%s: %j', (transport, scope) => {
    const { transports } = parse({ default: reject, transports: { [transport]: { [scope]: accept } } })
    expect(transports.get(transport)?.get(scope)).toEqual(accept)
  })

  test.each([
    ['atomic', 'host/a/b/c'],
    ['dir', 'a'],
    ['dir', '/'],
    ['dir', '/a/'],
    ['oci', '/a/../b'],
    ['oci-archive', '/a//b'],
    ['sif', './a'],
    ['docker-archive', '/a'],
    ['tarball', '/a'],
    ['docker-daemon', `sha256:${'a'.repeat(64)}`],
    ['containers-storage', 'docker.io/library/a:1'],
    ['containers-storage', '[overlay@a]'],
    ['containers-storage', '[@/a]'],
    ['containers-storage', '[overlay@/a]a@b'],
    ['s3', 's3://bucket'],
    ['s3', '/bucket'],
    ['az', 'bucket/'],
    ['s3', 'a//b//c'],
    ['local', 'images'],
    ['local', '/srv/images//'],
  ])('%s has none like %j', (transport, scope) => {
    const document = { default: accept, transports: { [transport]: { [scope]: reject } } }
    expect(() => parse(document)).toThrow(`transports.${transport}.${scope}: it is no scope: `)
  })
})
