import { describe, expect, test } from 'vitest'
import { parseKeyUri } from './key-uri.ts'

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:us-east-2:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab`
const ring = 'projects/p-1/locations/europe-west3/keyRings/r/cryptoKeys/k'
const aws = { kind: 'aws', endpoint: undefined, region: undefined }

describe('where a key is', () => {
  test.each([
    ['cosign.key', { kind: 'file', path: 'cosign.key' }],
    ['/a/b:c.pem', { kind: 'file', path: '/a/b:c.pem' }],
    ['C:\\keys\\cosign.key', { kind: 'file', path: 'C:\\keys\\cosign.key' }],
    ['env://COSIGN_KEY', { kind: 'environment', variable: 'COSIGN_KEY' }],
    [`awskms:///${id}`, { ...aws, id }],
    ['awskms:///alias/release/x', { ...aws, id: 'alias/release/x' }],
    ['awskms://localhost:4566/alias/x', { ...aws, endpoint: 'localhost:4566', id: 'alias/x' }],
    [`awskms:///${arn}`, { ...aws, id: arn, region: 'us-east-2' }],
    [
      'awskms:///arn:aws-cn:kms:cn-north-1:111122223333:alias/x',
      { ...aws, id: 'arn:aws-cn:kms:cn-north-1:111122223333:alias/x', region: 'cn-north-1' },
    ],
    [`gcpkms://${ring}`, { kind: 'google', key: ring, version: undefined }],
    [`gcpkms://${ring}/versions/2`, { kind: 'google', key: ring, version: '2' }],
    [`gcpkms://${ring}/cryptoKeyVersions/12`, { kind: 'google', key: ring, version: '12' }],
    ['azurekms://v.vault.azure.net/key', { kind: 'azure', host: 'v.vault.azure.net', key: 'key', version: undefined }],
    [
      'azurekms://v.vault.azure.net/key/0a1b',
      { kind: 'azure', host: 'v.vault.azure.net', key: 'key', version: '0a1b' },
    ],
    ['hashivault://ci-signer', { kind: 'vault', key: 'ci-signer' }],
    ['openbao://ci.signer', { kind: 'vault', key: 'ci.signer' }],
  ])('%s', (text, uri) => {
    expect(parseKeyUri(text)).toEqual(uri)
  })

  test.each([
    ['', 'the name of a key is empty'],
    ['awskms://alias/release', 'does not name a key'],
    ['awskms:///release', 'does not name a key'],
    ['awskms://user@host/alias/x', 'does not name a key'],
    ['awskms:///alias/../x', 'does not name a key'],
    [`gcpkms://${ring}/versions/../x`, 'does not name a key'],
    ['gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k?x=1', 'does not name a key'],
    ['azurekms://v.vault.azure.net/k/v/x', 'does not name a key'],
    ['azurekms://v.vault.azure.net:443/k', 'does not name a key'],
    ['hashivault://vault.example/v1/transit/keys/x', 'does not name a key'],
    ['hashivault://../x', 'does not name a key'],
    ['env://A-B', 'does not name a key'],
    ['ftp://x/y', 'does not name a key'],
  ])('%j is refused', (text, message) => {
    expect(() => parseKeyUri(text)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
    expect(() => parseKeyUri(text)).toThrow(message)
  })

  test.each([
    'k8s://ns/secret',
    'pkcs11:token=x',
    'gitlab://1',
    'github://a/b',
    'https://example.com/key.pub',
  ])('%s is a place of cosign’s that is refused with what to do instead', text => {
    expect(() => parseKeyUri(text)).toThrow(
      expect.objectContaining({ code: 'unsupported', hint: expect.stringMatching(/env:\/\/|file/) }),
    )
  })

  test('how it is written is said', () => {
    expect(() => parseKeyUri('awskms://alias/release')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('awskms:///alias/NAME') }),
    )
  })
})
