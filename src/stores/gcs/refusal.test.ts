import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGcs, startFakeGcs } from '../../testing/fake-gcs.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { openFakeGcsStore } from '../../testing/open-fake-gcs-store.ts'
import { checkedStore } from '../checked-store.ts'
import type { GcsCredentials } from './credentials.ts'
import { GcsClient } from './gcs-client.ts'
import { GcsStore } from './gcs-store.ts'
import { refusalError } from './refusal.ts'

let gcs: FakeGcs
let client: HttpTestClient
beforeEach(async () => {
  gcs = await startFakeGcs({ tokens: ['good'] })
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await gcs[Symbol.asyncDispose]()
})

function bearer(...tokens: string[]): GcsCredentials {
  return {
    principal: 'tester@project',
    headers: async () => ({ authorization: `Bearer ${tokens[0]}` }),
    renew: () => tokens.shift() !== undefined && tokens.length > 0,
  }
}

const open = (credentials: GcsCredentials) => openFakeGcsStore(gcs.url, client.http, { credentials })
const content = new TextEncoder().encode('x')

test('a token that expires in mid-copy is replaced, and what was refused is asked again', async () => {
  const store = open(bearer('old', 'good'))
  gcs.tokens.add('old')
  await store.put('a', content)
  gcs.tokens.delete('old')
  await store.put('b', content)
  expect(gcs.requests.map(({ status }) => status)).toEqual([200, 401, 200])
})

test.each([
  [
    'credentials that are refused',
    bearer('bad'),
    'unauthorized',
    'Google refuses the credentials of tester@project',
    /login/,
  ],
  [
    'no credentials',
    undefined,
    'unauthorized',
    'gs://bucket is not public, and no Google credentials were found',
    /GOOGLE_APPLICATION_CREDENTIALS/,
  ],
])('%s', async (_, credentials, code, message, hint) => {
  const store = credentials === undefined ? openFakeGcsStore(gcs.url, client.http) : open(credentials)
  for (const ask of [
    () => store.put('k', content),
    () => store.head('k'),
    () => store.get('k'),
    () => store.delete('k'),
    () => Array.fromAsync(store.list('')),
  ])
    await expect(ask()).rejects.toMatchObject({
      code,
      message,
      hint: expect.stringMatching(hint),
      subject: expect.stringMatching(/^gs:/),
    })
})

test.each([
  ['storage.objects.create', 'put', 'roles/storage.objectAdmin'],
  ['storage.objects.get', 'get', 'roles/storage.objectViewer'],
  ['storage.objects.list', 'list', 'roles/storage.objectViewer'],
  ['storage.objects.delete', 'delete', 'roles/storage.objectAdmin'],
] as const)('a denied %s names the permission and the role', async (permission, operation, role) => {
  gcs.quirks.denied.add(permission)
  const store = open(bearer('good'))
  const asked =
    operation === 'list'
      ? Array.fromAsync(store.list(''))
      : operation === 'put'
        ? store.put('k', content)
        : store[operation]('k')
  await expect(asked).rejects.toMatchObject({
    code: 'denied',
    message: `tester@project lacks the permission ${permission} in gs://bucket`,
    hint: `grant ${role} on the bucket`,
  })
})

test('a bucket that is not there', async () => {
  const settings = { bucket: 'absent', prefix: '', endpoint: gcs.url, emulated: false }
  const store = checkedStore(new GcsStore(settings, new GcsClient(client.http, bearer('good'), 'absent'), 'tester'))
  const large = {
    size: 17 * 1024 * 1024,
    open: async function* () {
      yield Buffer.alloc(17 * 1024 * 1024)
    },
  }
  for (const ask of [
    () => store.put('k', content),
    () => store.put('k', large),
    () => store.head('k'),
    () => store.get('k'),
    () => store.delete('k'),
    () => Array.fromAsync(store.list('')),
  ])
    await expect(ask()).rejects.toMatchObject({ code: 'bucket-not-found', message: 'there is no bucket gs://absent' })
})

test('a bucket whose readers pay wants a project to bill', async () => {
  gcs.quirks.requesterPays = true
  await expect(open(bearer('good')).head('k')).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringMatching(/GOOGLE_CLOUD_QUOTA_PROJECT/),
  })
  const paying = {
    ...bearer('good'),
    headers: async () => ({ authorization: 'Bearer good', 'x-goog-user-project': 'project' }),
  }
  expect(await open(paying).head('k')).toBeUndefined()
})

test('an endpoint that nobody listens at', async () => {
  const store = openFakeGcsStore('http://127.0.0.1:1', client.http)
  await expect(store.head('k')).rejects.toMatchObject({
    code: 'network',
    message: expect.stringMatching(/^127.0.0.1:1 refuses connections \(tried 5 times/),
  })
})

test.each([
  [
    403,
    'accountDisabled',
    'The billing account for the owning project is disabled in state absent',
    'denied',
    /billing/,
  ],
  [403, 'forbidden', 'tester does not have serviceusage.services.use access', 'denied', /serviceUsageConsumer/],
  [403, 'userRateLimitExceeded', 'slow', 'rate-limited', undefined],
  [409, 'conflict', 'The metadata for object x was edited during the operation.', 'server-error', undefined],
  [500, 'backendError', 'We encountered an internal error.', 'server-error', undefined],
  [400, 'invalid', 'something\u0007 odd', 'protocol-error', undefined],
] as const)('%i %s', (status, reason, message, code, hint) => {
  const error = refusalError({ status, reason, message }, { bucket: 'bucket', principal: 'tester' })
  expect(error).toMatchObject({ code, status })
  if (hint !== undefined) expect(error.hint).toMatch(hint)
  expect(error.message).not.toContain('\u0007')
})
