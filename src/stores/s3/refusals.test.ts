import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openS3, partBytes } from '../../../test/stores/s3-place.ts'
import { isLadingError, type LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import type { S3Quirks } from '../../testing/fake-s3-quirks.ts'
import { fakeS3Keys } from '../../testing/fake-s3-signature.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes, rejectsWith, textOf } from '../../testing/object-store/store-contents.ts'
import type { CloudOptions, ObjectStore, StoreContext } from '../index.ts'

const cache = await mkdtemp(join(tmpdir(), 'lading-s3-'))
afterAll(() => rm(cache, { recursive: true }))

let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  s3 = await startFakeS3()
  s3.bucket('b')
  client = openHttpTestClient()
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await s3.stop()
})

function open(environment: StoreContext['environment'] = {}, cloud: CloudOptions = {}, root = 'b/team') {
  return openS3(s3, { root, http: client.http, cache, environment, cloud })
}

async function errorOf(promise: Promise<unknown>): Promise<LadingError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isLadingError(error)) throw new Error(`no LadingError: ${String(error)}`)
  return error
}

interface Refusal {
  readonly what: string
  readonly quirks?: Partial<S3Quirks>
  readonly environment?: StoreContext['environment']
  readonly root?: string
  readonly when?: (store: ObjectStore) => Promise<unknown>
  readonly code: string
  readonly message: string | RegExp
  readonly hint: RegExp
}

const reading = (store: ObjectStore) => store.get('k')
const looking = (store: ObjectStore) => store.head('k')
const writing = (store: ObjectStore) => store.put('k', bytes('x'))
const listing = (store: ObjectStore) => Array.fromAsync(store.list(''))

const refusals: readonly Refusal[] = [
  {
    what: 'an access key that nobody knows',
    environment: { AWS_ACCESS_KEY_ID: 'nobody' },
    code: 'unauthorized',
    message: /^127\.0\.0\.1:\d+ does not know the access key$/,
    hint: /AWS_ACCESS_KEY_ID.*--profile/,
  },
  {
    what: 'a wrong secret key',
    environment: { AWS_SECRET_ACCESS_KEY: 'a-wrong-secret' },
    code: 'unauthorized',
    message: 'the signature was refused: the secret key does not belong to the access key',
    hint: /AWS_SECRET_ACCESS_KEY/,
  },
  {
    what: 'an expired token that cannot be renewed',
    quirks: { sessionTokens: ['fresh'] },
    environment: { AWS_SESSION_TOKEN: 'stale-token' },
    code: 'unauthorized',
    message: 'the session token has expired',
    hint: /new credentials.*finished blobs stay/,
  },
  {
    what: 'an absent bucket',
    root: 'absent',
    code: 'bucket-not-found',
    message: /^there is no bucket absent at 127/,
    hint: /aws s3 mb/,
  },
  {
    what: 'a denied write',
    quirks: { denied: ['s3:PutObject'] },
    when: writing,
    code: 'denied',
    message: 'access is denied',
    hint: /^the identity needs s3:PutObject on arn:aws:s3:::b\/team\/\*$/,
  },
  {
    what: 'a denied listing',
    quirks: { mayList: false },
    when: listing,
    code: 'denied',
    message: 'access is denied',
    hint: /^the identity needs s3:ListBucket on arn:aws:s3:::b$/,
  },
  {
    what: 'an absent object that only who lists may know of',
    quirks: { mayList: false },
    when: looking,
    code: 'denied',
    message: 'access is denied',
    hint: /s3:GetObject on .*without s3:ListBucket, S3 answers the same for an absent object/,
  },
  {
    what: 'an archived object',
    quirks: { archived: ['team/k'] },
    when: async store => {
      await store.put('k', bytes('x'))
      await store.get('k')
    },
    code: 'denied',
    message: /archived \(Glacier\)/,
    hint: /restore-object/,
  },
  {
    what: 'a server that has too much to do',
    quirks: { slowDowns: 100 },
    code: 'rate-limited',
    message: /asks for fewer requests/,
    hint: /--jobs/,
  },
]

describe('what is refused is said with its fix, and without a secret', () => {
  test.each(refusals)('$what', async ({ quirks, environment, root, when, code, message, hint }) => {
    Object.assign(s3.quirks, quirks)
    for (const ask of when === undefined ? [reading, looking, writing, listing] : [when]) {
      const { store } = await open(environment, {}, root)
      const error = await errorOf(ask(store))
      expect(error).toMatchObject({
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      })
      const text = `${error.message} ${error.hint}`
      for (const secret of [fakeS3Keys.secretAccessKey, 'a-wrong-secret', 'stale-token', 'Signature=']) {
        expect(text).not.toContain(secret)
      }
    }
  })

  test('a server that is not there', async () => {
    await s3.stop()
    const { store } = await open()
    const hint = expect.stringMatching(/^check the endpoint http:\/\/127.*--endpoint/)
    expect(await errorOf(store.head('k'))).toMatchObject({ code: 'network', hint })
  })

  test('no credentials at all', async () => {
    const environment = { AWS_ACCESS_KEY_ID: undefined }
    const { store } = await open(environment, { profile: 'no-such-profile' })
    const error = await errorOf(store.head('k'))
    expect(error).toMatchObject({ code: 'unauthorized', message: expect.stringContaining('no AWS credentials') })
  })

  test.each([
    ['an endpoint that is none', { endpoint: 'localhost:9000' }],
    ['an unknown encryption', { sse: 'rot13' }],
    ['a KMS key without KMS', { sse: 'AES256', sseKmsKeyId: 'key' }],
  ])('%s', async (_, cloud) => {
    await expect(open({}, cloud)).rejects.toMatchObject({ code: 'bad-argument' })
  })
})

describe('the region', () => {
  test.each([301, 400] as const)('that a refusal (%i) names is used from then on', async wrongRegionStatus => {
    Object.assign(s3.quirks, { region: 'eu-west-3', wrongRegionStatus })
    const { store } = await open()
    expect(await store.head('k')).toBeUndefined()
    const asked = s3.requests.length
    await Promise.all([store.put('a', bytes('x')), store.put('b', bytes('x'))])
    expect(s3.requests.length).toBe(asked + 2)
  })

  test('is not asked for again and again where the server contradicts itself', async () => {
    const { store } = await open()
    const regions = ['eu-west-3', 'us-west-1', 'eu-west-3']
    Object.defineProperty(s3.quirks, 'region', { get: () => regions[s3.requests.length % 3] ?? '' })
    expect(await errorOf(store.put('k', bytes('x')))).toMatchObject({
      code: 'bad-argument',
      hint: expect.stringContaining('--region'),
    })
  })
})

describe('a clock that is wrong', () => {
  test.each([
    ['writing', writing],
    ['looking', looking],
  ])('is told, and the server’s time is used: %s', async (_, ask) => {
    s3.quirks.clockMilliseconds = 3_600_000
    const { store, warnings } = await open()
    await ask(store)
    await ask(store)
    expect([...warnings]).toEqual([
      expect.stringMatching(/clock of this machine is (59|60) minutes slow.*set the clock/),
    ])
  })

  test('is an error where the server will not take its own time either', async () => {
    let hours = 1
    Object.defineProperty(s3.quirks, 'clockMilliseconds', { get: () => 3_600_000 * hours++ })
    const { store } = await open()
    expect(await errorOf(writing(store))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/^the clock of this machine is wrong: the server's says .+ GMT$/),
      hint: expect.stringContaining('set the clock'),
    })
  })
})

describe('what is said of objects', () => {
  test('names are not mixed up between prefixes of one bucket', async () => {
    const [one, other] = [(await open({}, {}, 'b/one')).store, (await open({}, {}, 'b/one-more')).store]
    await one.put('k', bytes('1'))
    await other.put('k', bytes('2'))
    expect([await textOf(one, 'k'), await textOf(other, 'k')]).toEqual(['1', '2'])
    expect(await Array.fromAsync(one.list(''), entry => (entry.kind === 'object' ? entry.info.key : ''))).toEqual(['k'])
    expect([...s3.bucket('b').objects.keys()]).toEqual(['one/k', 'one-more/k'])
    expect(one.origin?.('k')).toMatchObject({ service: 's3', bucket: 'b', key: 'one/k' })
    await rejectsWith('blob-not-found', one.get('-more/k'))
  })

  test('a class that the server has not is left out, and said once', async () => {
    Object.assign(s3.quirks, { storageClasses: [] })
    const { store, warnings } = await open()
    for (const text of ['1', '2', '3']) await store.put(text, bytes(text), { content: digestOf(bytes(text)) })
    expect([...warnings]).toEqual([expect.stringContaining('INTELLIGENT_TIERING')])
    expect(s3.requests.map(({ status }) => status)).toEqual([400, 200, 200, 200])
    expect((await open()).warnings.size).toBe(0)
  })

  test('encryption and payer are sent where they were asked for', async () => {
    const cloud = { sse: 'aws:kms', sseKmsKeyId: 'a-key', requesterPays: true }
    const { store } = await open({}, cloud)
    await store.put('small', bytes('x'))
    await store.put('large', new Uint8Array(partBytes + 1))
    const { encryption } = s3.bucket('b').objects.get('team/small') ?? {}
    expect(encryption).toEqual({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'a-key',
    })
    expect(s3.bucket('b').objects.get('team/large')?.encryption).toEqual(encryption)
    expect(s3.requests.every(({ headers }) => headers['x-amz-request-payer'] === 'requester')).toBe(true)
  })
})

describe('a copy by the server', () => {
  const size = 2 * partBytes + 5
  const limits = { copy: { wholeBytes: partBytes, partBytes } }
  const openCopying = async () => (await openS3(s3, { root: 'b', http: client.http, cache, limits })).store

  test('of a large object is made in parts, none of which passes here', async () => {
    const store = await openCopying()
    await store.put('from', new Uint8Array(size).fill(7))
    s3.requests.length = 0
    const origin = store.origin?.('from')
    if (origin === undefined) throw new Error('an object of S3 has an origin')
    expect(await store.copyFrom?.(origin, 'to', { size })).toMatchObject({ key: 'to', size })
    expect(s3.bucket('b').objects.get('to')?.content.equals(Buffer.alloc(size, 7))).toBe(true)
    expect(s3.requests.filter(({ headers }) => headers['x-amz-copy-source'] !== undefined)).toHaveLength(3)
    expect(s3.requests.reduce((sum, request) => sum + request.requestBytes, 0)).toBeLessThan(1000)
  })

  test.each([
    { refusesCopies: true },
    { denied: ['s3:GetObject'] },
  ])('that is refused is left to others: %j', async quirks => {
    const store = await openCopying()
    await store.put('from', new Uint8Array(size))
    Object.assign(s3.quirks, quirks)
    const origin = store.origin?.('from')
    if (origin === undefined) throw new Error('an object of S3 has an origin')
    expect(await store.copyFrom?.(origin, 'to', { size })).toBeUndefined()
    expect(s3.bucket('b').uploads.size).toBe(0)
  })
})
