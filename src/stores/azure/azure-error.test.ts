import { describe, expect, test } from 'vitest'
import { LadingError } from '../../errors/index.ts'
import { azureError } from './azure-error.ts'
import { isLost } from './refusal.ts'
import type { AzureCredential, AzureSettings } from './settings.ts'

const settingsWith = (credential: AzureCredential): AzureSettings => ({
  endpoint: 'https://acct.blob.core.windows.net',
  account: 'acct',
  container: 'bucket',
  prefix: '',
  credential,
})
const key = settingsWith({ kind: 'key', key: 'c2VjcmV0' })
const sas = settingsWith({ kind: 'sas', token: 'sp=r&se=2999-01-01T00:00:00Z&sig=secret' })
const expiredSas = settingsWith({ kind: 'sas', token: 'sp=r&se=2020-01-01T00:00:00Z&sig=secret' })
const policySas = settingsWith({ kind: 'sas', token: 'si=pull&sig=secret' })
const identity = settingsWith({ kind: 'identity' })

/** An error as the SDK makes it: the text of a bad signature holds the string to sign. */
function refusal(statusCode: number, code: string, headers: Record<string, string> = {}): Error {
  const all = new Headers({ 'x-ms-request-id': '1', ...(code === '' ? {} : { 'x-ms-error-code': code }), ...headers })
  const response = { headers: { get: (name: string) => all.get(name) ?? undefined } }
  const text = 'Server used following string to sign: secret\n/acct/bucket'
  return Object.assign(new Error(text), { name: 'RestError', statusCode, code, response })
}

test('what the SDK cannot read is an error of whoever answered', () => {
  const error = new RangeError("File download response doesn't contain valid content length header")
  expect(azureError(error, key)).toMatchObject({ code: 'protocol-error', message: expect.stringMatching(/^https:/) })
})

describe('a refusal in one line, with what to do', () => {
  test.each([
    [key, 404, 'BlobNotFound', 'blob-not-found', /no such object/, undefined],
    [key, 404, 'ContainerNotFound', 'bucket-not-found', /acct has no container bucket/, /az storage container create/],
    [key, 409, 'ContainerBeingDeleted', 'bucket-not-found', /being deleted/, /half a minute/],
    [key, 403, 'AuthenticationFailed', 'unauthorized', /refused the key/, /AZURE_STORAGE_KEY/],
    [sas, 403, 'AuthenticationFailed', 'unauthorized', /refused the SAS token/, /gives r until 2999/],
    [expiredSas, 403, 'AuthenticationFailed', 'unauthorized', /SAS token for acct has expired/, /make a new one/],
    [policySas, 403, 'AuthenticationFailed', 'unauthorized', /refused the SAS/, /and what the policy pull says/],
    [identity, 401, 'InvalidAuthenticationInfo', 'unauthorized', /refused the identity/, /az login/],
    [identity, 401, '', 'unauthorized', /refused the identity/, /az login/],
    [identity, 403, 'AuthorizationPermissionMismatch', 'denied', /may not do this/, /Storage Blob Data Contributor/],
    [sas, 403, 'AuthorizationPermissionMismatch', 'denied', /does not allow this/, /needs r and l.*gives r/],
    [key, 403, 'AuthorizationFailure', 'denied', /does not allow this/, /network rules/],
    [key, 403, 'KeyBasedAuthenticationNotPermitted', 'denied', /accepts no keys/, /az login/],
    [sas, 403, 'AuthorizationSourceIPMismatch', 'denied', /address of this machine/, undefined],
    [key, 409, 'BlobArchived', 'denied', /archive tier/, /set-tier --tier Hot/],
    [key, 412, 'LeaseIdMissing', 'denied', /holds a lease/, /lease break/],
    [key, 409, 'BlobImmutableDueToPolicy', 'denied', /retention policy/, undefined],
    [key, 409, 'BlobAlreadyExists', 'precondition-failed', /exists already/, undefined],
    [key, 412, 'ConditionNotMet', 'precondition-failed', /not the version/, undefined],
    [key, 409, 'PendingCopyOperation', 'server-error', /still copying/, undefined],
    [key, 409, 'SomethingNew', 'protocol-error', /answered 409 SomethingNew/, undefined],
    [key, 400, 'Md5Mismatch', 'network', /changed on their way/, undefined],
    [key, 400, 'InvalidBlobOrBlock', 'denied', /another program/, /within a week/],
    [key, 503, 'ServerBusy', 'rate-limited', /refuses more requests/, undefined],
    [key, 500, 'InternalError', 'server-error', /failed \(500 InternalError\)/, undefined],
    [key, 502, '', 'server-error', /failed \(502\)/, undefined],
  ] as const)('%#: %o %i %s', (settings, status, code, expected, message, hint) => {
    const error = azureError(refusal(status, code), settings)
    expect(error).toMatchObject({ code: expected, status, message: expect.stringMatching(message) })
    if (hint !== undefined) expect(error).toMatchObject({ hint: expect.stringMatching(hint) })
    expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|\n/)
    expect(error).not.toHaveProperty('cause', expect.anything())
  })

  test('a clock that is ahead', () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString()
    expect(azureError(refusal(403, 'AuthenticationFailed', { date }), key)).toMatchObject({
      code: 'unauthorized',
      message: "this machine's clock is 60 minutes ahead of Azure's, which refuses it",
    })
  })

  test('an account that does not exist', () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
    const lost = new LadingError('network', 'there is no host', { cause, hint: 'check the name of the registry' })
    expect(azureError(lost, key)).toMatchObject({
      code: 'bucket-not-found',
      message: 'there is no storage account acct: no host acct.blob.core.windows.net is known',
    })
  })

  test.each([
    ['CredentialUnavailableError', 'not found', /no credentials for Azure were found/],
    ['AggregateAuthenticationError', 'tried many\nlines', /no credentials for Azure were found/],
    [
      'AuthenticationError',
      'invalid_client: AADSTS7000215: Invalid client secret',
      /refused the identity \(AADSTS7000215\)/,
    ],
  ])('%s', (name, text, message) => {
    const error = azureError(Object.assign(new Error(text), { name }), identity)
    expect(error).toMatchObject({ code: 'unauthorized', message: expect.stringMatching(message) })
  })

  test('what Entra refused inside a list of what was tried', () => {
    const inner = Object.assign(new Error('AADSTS700016: no such application'), { name: 'AuthenticationError' })
    const list = Object.assign(new Error('all failed'), { name: 'AggregateAuthenticationError', errors: [inner] })
    expect(azureError(list, identity)).toMatchObject({ message: 'Microsoft Entra refused the identity (AADSTS700016)' })
  })

  test('an error of this program passes', () => {
    const error = new TypeError('a defect')
    expect(azureError(error, key)).toBe(error)
  })
})

test.each([
  [412, 'ConditionNotMet', true],
  [412, 'TargetConditionNotMet', true],
  [409, 'BlobAlreadyExists', true],
  [412, 'LeaseIdMissing', false],
  [409, 'LeaseIdMismatchWithBlobOperation', false],
  [409, 'ContainerBeingDeleted', false],
  [409, 'SnapshotsPresent', false],
  [404, 'BlobNotFound', false],
])('%i %s is a lost race: %s', (status, code, lost) => expect(isLost(refusal(status, code))).toBe(lost))
