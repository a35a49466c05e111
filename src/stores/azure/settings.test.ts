import { describe, expect, test } from 'vitest'
import { azureSettings } from './settings.ts'

const connection = 'AccountName=conn;AccountKey=Y29ubg=='

const settings = (root: string, cloud: object, environment: Record<string, string> = {}) =>
  azureSettings(root, { cloud, environment })

describe('where a bucket is', () => {
  test.each([
    ['bucket', 'bucket', ''],
    ['bucket/team/images', 'bucket', 'team/images/'],
    ['$root', '$root', ''],
    ['a1-b', 'a1-b', ''],
  ])('%s', (root, container, prefix) => {
    expect(settings(root, { account: 'acct' })).toMatchObject({ container, prefix })
  })

  test.each(['ab', 'Upper', 'a--b', '-ab', 'abc-', 'a_b', 'x'.repeat(64), '$other'])('%s is no container', root => {
    expect(() => settings(root, { account: 'acct' })).toThrow(expect.objectContaining({ code: 'bad-argument' }))
  })

  test.each([
    ['an account', { account: 'acct' }, {}, 'https://acct.blob.core.windows.net', 'acct'],
    ['the environment', {}, { AZURE_STORAGE_ACCOUNT: 'envt' }, 'https://envt.blob.core.windows.net', 'envt'],
    [
      'a connection string',
      {},
      { AZURE_STORAGE_CONNECTION_STRING: connection },
      'https://conn.blob.core.windows.net',
      'conn',
    ],
    [
      'an option before the environment',
      { account: 'acct' },
      { AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_STORAGE_ACCOUNT: 'envt' },
      'https://acct.blob.core.windows.net',
      'acct',
    ],
    [
      'an endpoint that names it',
      { endpoint: 'https://acct.blob.core.usgovcloudapi.net/' },
      {},
      'https://acct.blob.core.usgovcloudapi.net',
      'acct',
    ],
    [
      'a zoned endpoint',
      { endpoint: 'https://acct.z01.blob.storage.azure.net' },
      {},
      'https://acct.z01.blob.storage.azure.net',
      'acct',
    ],
    [
      'an emulator',
      { endpoint: 'http://127.0.0.1:10000/devstoreaccount1' },
      { AZURE_STORAGE_KEY: 'eA==' },
      'http://127.0.0.1:10000/devstoreaccount1',
      'devstoreaccount1',
    ],
    [
      'an emulator without its account',
      { endpoint: 'http://azurite:10000', account: 'devstoreaccount1' },
      { AZURE_STORAGE_KEY: 'eA==' },
      'http://azurite:10000/devstoreaccount1',
      'devstoreaccount1',
    ],
    [
      'a domain of one’s own',
      { endpoint: 'https://blobs.example.com', account: 'acct' },
      {},
      'https://blobs.example.com',
      'acct',
    ],
  ])('from %s', (_, cloud, environment, endpoint, account) => {
    expect(settings('bucket', cloud, environment)).toMatchObject({ endpoint, account })
  })

  test.each([
    [{}, /which storage account has the container bucket/],
    [{ endpoint: 'https://blobs.example.com' }, /which storage account/],
    [{ endpoint: 'acct.blob.core.windows.net?sig=secret' }, /^the endpoint of the storage account is not a URL$/],
    [{ endpoint: 'ftp://acct.blob.core.windows.net' }, /is not a URL$/],
  ])('%j does not say it', (cloud, message) => {
    expect(() => settings('bucket', cloud)).toThrow(
      expect.objectContaining({ code: 'bad-argument', message: expect.stringMatching(message) }),
    )
  })
})

describe('who asks', () => {
  const key = { AZURE_STORAGE_KEY: 'a2V5' }
  const sas = { AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=x' }
  const inEndpoint = 'https://acct.blob.core.windows.net?sv=2&sig=y'
  const identity = { kind: 'identity' }
  test.each([
    ['a SAS in the endpoint', { endpoint: inEndpoint }, { ...key, ...sas }, { kind: 'sas', token: 'sv=2&sig=y' }],
    [
      'a connection string',
      {},
      { AZURE_STORAGE_CONNECTION_STRING: connection, ...key, ...sas },
      { kind: 'key', key: 'Y29ubg==' },
    ],
    ['a key', { account: 'acct' }, { ...key, ...sas }, { kind: 'key', key: 'a2V5' }],
    ['a SAS', { account: 'acct' }, sas, { kind: 'sas', token: 'sv=1&sig=x' }],
    ['an identity', { account: 'acct' }, {}, identity],
    [
      'a connection string of another account',
      { account: 'acct' },
      { AZURE_STORAGE_CONNECTION_STRING: connection },
      identity,
    ],
    ['a key of another account', { account: 'acct' }, { AZURE_STORAGE_ACCOUNT: 'envt', ...key }, identity],
    ['a SAS of another account', { account: 'acct' }, { AZURE_STORAGE_ACCOUNT: 'envt', ...sas }, identity],
  ])('%s', (_, cloud, environment, credential) => {
    const found = settings('bucket', cloud, environment)
    expect(found.credential).toEqual(credential)
    expect(found.endpoint).not.toContain('?')
  })

  test('an identity does not go over plain HTTP', () => {
    const cloud = { endpoint: 'http://127.0.0.1:10000/devstoreaccount1' }
    expect(() => settings('bucket', cloud)).toThrow(
      expect.objectContaining({ code: 'unauthorized', hint: expect.stringContaining('AZURE_STORAGE_KEY') }),
    )
  })
})
