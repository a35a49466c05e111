import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConnectionString } from './connection-string.ts'

const key = 'a2V5a2V5a2V5=='

test.each([
  [
    `DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=${key};EndpointSuffix=core.windows.net`,
    { endpoint: 'https://acct.blob.core.windows.net', account: 'acct', key, sas: undefined },
  ],
  [
    `accountname=acct; accountkey=${key} ;BlobEndpoint=http://127.0.0.1:10000/acct;;`,
    { endpoint: 'http://127.0.0.1:10000/acct', account: 'acct', key, sas: undefined },
  ],
  [
    'AccountName=acct;EndpointSuffix=core.chinacloudapi.cn',
    { endpoint: 'https://acct.blob.core.chinacloudapi.cn', account: 'acct', key: undefined, sas: undefined },
  ],
  [
    'BlobEndpoint=https://acct.blob.core.windows.net/;SharedAccessSignature=?sv=2022&sig=a%3D',
    { endpoint: 'https://acct.blob.core.windows.net/', account: undefined, key: undefined, sas: 'sv=2022&sig=a%3D' },
  ],
  ['UseDevelopmentStorage=true', { account: 'devstoreaccount1', endpoint: 'http://127.0.0.1:10000/devstoreaccount1' }],
])('%s', (text, expected) => expect(parseConnectionString(text)).toMatchObject(expected))

test.each([
  ['', 'it names neither AccountName nor BlobEndpoint'],
  ['secret', 'a part of it has no "="'],
  ['AccountKey=secret', 'it names neither AccountName nor BlobEndpoint'],
  ['BlobEndpoint=secret', 'its endpoint is not a URL'],
  ['BlobEndpoint=https://x;AccountKey=secret', 'it has AccountKey without AccountName'],
])('%j is refused, and not repeated', (text, why) => {
  const message = `AZURE_STORAGE_CONNECTION_STRING is not a connection string: ${why}`
  expect(() => parseConnectionString(text)).toThrow(expect.objectContaining({ code: 'bad-argument', message }))
})

test('any account and key come back, in any order of the parts', () => {
  const account = fc.stringMatching(/^[a-z0-9]{3,24}$/)
  fc.assert(
    fc.property(account, fc.base64String({ minLength: 4 }), fc.boolean(), (name, secret, swap) => {
      const parts = [`AccountName=${name}`, `AccountKey=${secret}`]
      const parsed = parseConnectionString((swap ? parts.toReversed() : parts).join(';'))
      expect(parsed).toMatchObject({ account: name, key: secret })
    }),
  )
})
