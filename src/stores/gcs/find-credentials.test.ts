import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { audience, type FakeGoogleTokens, startFakeGoogleTokens } from '../../testing/fake-google-tokens.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { findCredentials } from './find-credentials.ts'
import { loadGoogleAuth } from './google-auth.ts'

const email = 'tester@project.iam.gserviceaccount.com'
const impersonation = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`
const login = { type: 'authorized_user', client_id: 'id', client_secret: 'secret', refresh_token: 'refresh' }

let google: FakeGoogleTokens
let client: HttpTestClient
let folder: string
beforeEach(async () => {
  google = await startFakeGoogleTokens()
  client = openHttpTestClient()
  folder = await mkdtemp(path.join(tmpdir(), 'lading-gcs-'))
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await google[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const find = (environment: Record<string, string>) =>
  findCredentials({ METADATA_SERVER_DETECTION: 'none', ...environment }, google.led(client.http))

async function fileOf(content: unknown, name = 'credentials.json'): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

async function federation(extra: object = {}): Promise<object> {
  const file = await fileOf('subject', 'subject')
  return {
    type: 'external_account',
    audience,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: { file },
    ...extra,
  }
}

describe('whose credentials are found, and how they get a token', () => {
  const cases: [string, () => object | Promise<object>, string | RegExp, string][] = [
    ['a service account’s key', () => google.keyFile, email, 'token-1'],
    ['a login of gcloud', () => login, /^the login in .*credentials\.json$/, 'token-1'],
    ['a workload identity pool', () => federation(), audience, 'token-1'],
    [
      'a workload identity pool that acts as a service account',
      () => federation({ service_account_impersonation_url: impersonation }),
      email,
      'token-2',
    ],
    [
      'a login that acts as a service account',
      () => ({
        type: 'impersonated_service_account',
        source_credentials: login,
        service_account_impersonation_url: impersonation,
      }),
      email,
      'token-2',
    ],
  ]
  test.each(cases)('%s', async (_, content, principal, token) => {
    const credentials = await find({ GOOGLE_APPLICATION_CREDENTIALS: await fileOf(await content()) })
    expect(credentials.principal).toMatch(principal)
    const headers = await credentials.headers(undefined)
    expect(headers).toEqual({ authorization: `Bearer ${token}` })
    // Kept while it is good, and replaced once when it is refused, however many requests were refused with it.
    expect(await credentials.headers(undefined)).toEqual(headers)
    const asked = google.given.length
    expect([credentials.renew(headers), credentials.renew({ authorization: 'Bearer older' })]).toEqual([true, true])
    await Promise.all([credentials.headers(undefined), credentials.headers(undefined)])
    expect(google.given.length).toBe(asked * 2)
  })

  test('what gcloud left in its folder, and the project that pays', async () => {
    await fileOf({ ...login, quota_project_id: 'of-the-file' }, 'application_default_credentials.json')
    const credentials = await find({ CLOUDSDK_CONFIG: folder })
    expect(await credentials.headers(undefined)).toMatchObject({ 'x-goog-user-project': 'of-the-file' })
    await mkdir(path.join(folder, '.config/gcloud'), { recursive: true })
    await fileOf(login, '.config/gcloud/application_default_credentials.json')
    const other = await find({ HOME: folder, GOOGLE_CLOUD_QUOTA_PROJECT: 'of-the-environment' })
    expect(await other.headers(undefined)).toMatchObject({ 'x-goog-user-project': 'of-the-environment' })
  })

  test('the service account of the machine', async () => {
    const credentials = await find({ METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: google.server.host })
    expect(credentials.principal).toBe(email)
    expect(await credentials.headers(undefined)).toEqual({ authorization: 'Bearer token-1' })
  })

  test('nobody’s, where there are none', async () => {
    for (const environment of [
      {},
      { HOME: folder },
      { METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: '127.0.0.1:1' },
    ]) {
      const credentials = await find(environment)
      expect([credentials.principal, await credentials.headers(undefined)]).toEqual([undefined, {}])
    }
  })
})

describe('credentials that are of no use', () => {
  test.each([
    ['a file that is not there', undefined, /absent.*it does not exist$/],
    ['a file that is not JSON', 'secret', /it is not JSON$/],
    ['a file without a type', '{}', /does not say what type/],
    ['a type that nobody knows', '{"type":"secret_handshake"}', /there is no type "secret_handshake"$/],
    ['a key file without its key', '{"type":"service_account","client_email":"a@b"}', /private_key/],
  ])('%s', async (_, content, message) => {
    const file = content === undefined ? path.join(folder, 'absent') : await fileOf(content)
    await expect(find({ GOOGLE_APPLICATION_CREDENTIALS: file })).rejects.toMatchObject({
      code: 'bad-auth-file',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    [
      'a login that is over',
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      /^Google refuses the credentials of the login.*expired or revoked/,
      /gcloud auth application-default login/,
    ],
    [
      'a clock that is wrong',
      {
        error: 'invalid_grant',
        error_description: 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      },
      /^the time in the token request of .* is not Google's$/,
      /clock/,
    ],
    ['anything else', { error: 'access_denied' }, /^there is no Google access token for .*access_denied/, /check/],
  ])('%s is one line, with what to do', async (_, body, message, hint) => {
    google.refusal = { status: 400, body }
    const credentials = await find({ GOOGLE_APPLICATION_CREDENTIALS: await fileOf(login) })
    const error = await credentials.headers(undefined).catch(error => error)
    expect(error).toMatchObject({ code: 'unauthorized' })
    expect([error.message, error.hint]).toEqual([expect.stringMatching(message), expect.stringMatching(hint)])
    expect(`${error.message} ${error.hint}`).not.toMatch(/refresh|secret\b/)
  })

  test('an endpoint that cannot be reached keeps the words of the HTTP client, which alone tries again', async () => {
    google.refusal = { status: 503, body: {} }
    const credentials = await find({ GOOGLE_APPLICATION_CREDENTIALS: await fileOf(google.keyFile) })
    await expect(credentials.headers(undefined)).rejects.toMatchObject({ code: 'unauthorized' })
    expect(google.server.log).toHaveLength(5)
    await google.server[Symbol.asyncDispose]()
    await expect(credentials.headers(undefined)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('refuses connections'),
    })
    google = await startFakeGoogleTokens()
  })

  test('a wait for a token ends with the signal', async () => {
    const credentials = await find({ GOOGLE_APPLICATION_CREDENTIALS: await fileOf(login) })
    const reason = new Error('enough')
    await expect(credentials.headers(AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

test('without Google’s library the error says how to install it', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadGoogleAuth(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'unsupported',
    hint: 'npm install google-auth-library',
  })
})
