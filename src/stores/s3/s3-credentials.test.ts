import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openS3, partBytes } from '../../../test/stores/s3-place.ts'
import { digestOf } from '../../model/digest.ts'
import { type FakeS3, startFakeS3 } from '../../testing/fake-s3.ts'
import { fakeS3Keys } from '../../testing/fake-s3-signature.ts'
import { type HttpTestClient, openHttpTestClient } from '../../testing/http-test-client.ts'
import { bytes, patterned, textOf } from '../../testing/object-store/store-contents.ts'
import { type Script, type ScriptedServer, startScriptedServer } from '../../testing/scripted-server.ts'
import { type CloudOptions, type ObjectStore, openStore } from '../index.ts'

let folder: string
let s3: FakeS3
let client: HttpTestClient
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lading-s3-'))
  s3 = await startFakeS3({ quirks: { sessionTokens: ['first'] } })
  s3.bucket('b')
  client = openHttpTestClient()
  // The SDK reads these itself; nothing of this machine's may be found.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await client[Symbol.asyncDispose]()
  await s3.stop()
  await rm(folder, { recursive: true })
})

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

async function open(cloud: CloudOptions = {}): Promise<ObjectStore> {
  const nothing = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_REGION: undefined }
  return (await openS3(s3, { root: 'b', http: client.http, cache: folder, cloud, environment: nothing })).store
}

async function worksWith(cloud: CloudOptions = {}): Promise<void> {
  const store = await open(cloud)
  await store.put('k', bytes('x'))
  expect(await textOf(store, 'k')).toBe('x')
}

/** A profile whose credentials a program prints. */
async function processProfile(sessionToken: string): Promise<void> {
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = fakeS3Keys
  const printed = { Version: 1, AccessKeyId, SecretAccessKey, SessionToken: sessionToken, Expiration: inAnHour() }
  await writeFile(join(folder, 'printed.json'), JSON.stringify(printed))
  const profile = `[profile printing]\nregion = us-east-1\ncredential_process = cat ${join(folder, 'printed.json')}\n`
  await writeFile(join(folder, 'config'), profile)
}

function asMetadata(token: string): Record<string, string> {
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = fakeS3Keys
  return { Code: 'Success', AccessKeyId, SecretAccessKey, Token: token, Expiration: inAnHour() }
}

async function serving(script: Script, use: (server: ScriptedServer) => Promise<void>): Promise<void> {
  await using server = await startScriptedServer(script)
  await use(server)
}

describe('credentials come from', () => {
  test('a profile of the shared files, with its region', async () => {
    Object.assign(s3.quirks, { sessionTokens: undefined, region: 'eu-west-3' })
    const { accessKeyId, secretAccessKey } = fakeS3Keys
    const keys = `[mine]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    await writeFile(join(folder, 'credentials'), keys)
    await writeFile(join(folder, 'config'), '[profile mine]\nregion = eu-west-3\n')
    await worksWith({ profile: 'mine' })
    expect(s3.requests.every(({ status = 0 }) => status < 300)).toBe(true)
  })

  test('a profile that names another server', async () => {
    await processProfile('first')
    const services = `services = local\n[services local]\ns3 =\n  endpoint_url = ${s3.url}\n`
    await appendFile(join(folder, 'config'), services)
    const context = { http: async () => client.http, cloud: { profile: 'printing' }, environment: {}, warn: () => {} }
    await using store = await openStore({ scheme: 's3', root: 'b' }, context)
    expect(await store.head('k')).toBeUndefined()
    expect(store.origin?.('k')?.account).toBe(`${s3.url} printing`)
  })

  test('a program that a profile names', async () => {
    await processProfile('first')
    await worksWith({ profile: 'printing' })
  })

  test('a container’s role', async () => {
    await serving(
      ({ headers }, response) => {
        response.statusCode = headers.authorization === 'a token' ? 200 : 401
        response.end(JSON.stringify(asMetadata('first')))
      },
      async ({ origin }) => {
        vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${origin}/role`)
        vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'a token')
        await worksWith()
      },
    )
  })

  test('an instance’s role', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    await serving(
      ({ method, path, headers }, response) => {
        if (method === 'PUT' && path === '/latest/api/token') return void response.end('imds-token')
        response.statusCode = headers['x-aws-ec2-metadata-token'] === 'imds-token' ? 200 : 401
        response.end(path.endsWith('/security-credentials/') ? 'a-role' : JSON.stringify(asMetadata('first')))
      },
      async ({ origin }) => {
        vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', origin)
        await worksWith()
      },
    )
  })

  test('a web identity, exchanged at STS', async () => {
    await writeFile(join(folder, 'identity'), 'a-web-identity')
    await serving(
      async (request, response) => {
        const form = new URLSearchParams((await request.body()).toString())
        const known = form.get('WebIdentityToken') === 'a-web-identity' && form.get('RoleArn')?.endsWith('/pusher')
        response.statusCode = known ? 200 : 403
        const { accessKeyId, secretAccessKey } = fakeS3Keys
        const credentials = `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>first</SessionToken><Expiration>${inAnHour()}</Expiration>`
        response.end(
          `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
        )
      },
      async ({ origin }) => {
        vi.stubEnv('AWS_ENDPOINT_URL_STS', origin)
        vi.stubEnv('AWS_REGION', 'us-east-1')
        vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/pusher')
        vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'identity'))
        await worksWith()
      },
    )
  })
})

test('a profile that is absent is an error, also where this machine has a role', async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
  await serving(
    ({ path }, response) => {
      if (path === '/latest/api/token') return void response.end('imds-token')
      response.end(path.endsWith('/security-credentials/') ? 'a-role' : JSON.stringify(asMetadata('first')))
    },
    async ({ origin }) => {
      vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', origin)
      const refused = expect(worksWith({ profile: 'absent' })).rejects
      await refused.toMatchObject({ code: 'unauthorized', message: expect.stringContaining('[absent]') })
    },
  )
})

test('a token that expires in the middle of a blob is renewed, and the blob goes on', async () => {
  await processProfile('first')
  const store = await open({ profile: 'printing' })
  const large = patterned(2 * partBytes + 10)
  const body = {
    size: large.byteLength,
    async *open() {
      yield large.subarray(0, partBytes)
      await processProfile('second')
      s3.quirks.sessionTokens = ['second']
      yield large.subarray(partBytes)
    },
  }
  await store.put('blob', body, { content: digestOf(large) })
  expect(s3.bucket('b').objects.get('blob')?.content.equals(large)).toBe(true)
  expect(s3.requests.some(({ status }) => status === 400)).toBe(true)
})
