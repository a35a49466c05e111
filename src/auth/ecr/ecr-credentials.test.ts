import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { awsKeys, type EcrApi, startEcrApi } from '../../../test/services/start-ecr-api.ts'
import { openHttpTestClient } from '../../testing/http-test-client.ts'
import type { AwsIdentity } from '../aws/signed-call.ts'
import type { CredentialFinder } from '../credential-finder.ts'
import { createEcrRepository } from './create-repository.ts'
import { withEcrCredentials } from './ecr-credentials.ts'
import { parseEcrRegistry } from './ecr-registry.ts'

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const registry = parseEcrRegistry(host) ?? expect.unreachable()
const nothing: CredentialFinder = { problems: [], find: async () => undefined }

let api: EcrApi
let client: ReturnType<typeof openHttpTestClient>
beforeEach(async () => {
  api = await startEcrApi('AWS:a-token')
  client = openHttpTestClient()
  vi.stubEnv('AWS_ACCESS_KEY_ID', awsKeys.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsKeys.secretAccessKey)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await client[Symbol.asyncDispose]()
  await api[Symbol.asyncDispose]()
})
const identity = (): AwsIdentity => ({ http: client.http, environment: { AWS_ENDPOINT_URL_ECR: api.url } })

test('a token is asked for once, with a signature that holds, and kept until it expires', async () => {
  const finder = withEcrCredentials(nothing, registry, identity())
  const answers = await Promise.all([1, 2, 3].map(() => finder.find(host, 'app')))
  expect(answers).toEqual(Array(3).fill({ kind: 'password', username: 'AWS', password: 'a-token' }))
  await finder.find(host, 'other')
  expect(api.calls).toEqual(['GetAuthorizationToken'])
})

test('a token that ends soon is fetched anew', async () => {
  api.lifetimeSeconds = 60
  const finder = withEcrCredentials(nothing, registry, identity())
  await finder.find(host, 'app')
  await finder.find(host, 'app')
  expect(api.calls).toHaveLength(2)
})

test('what the authentication file says comes first', async () => {
  const written = { kind: 'password', username: 'me', password: 'mine' } as const
  const finder = withEcrCredentials({ problems: [], find: async () => written }, registry, identity())
  expect(await finder.find(host, 'app')).toEqual(written)
  expect(api.calls).toEqual([])
})

test('wrong AWS credentials leave a public pull alone, and are told where the registry refuses', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong')
  const finder = withEcrCredentials(nothing, registry, identity())
  expect(await finder.find(host, 'app')).toBeUndefined()
  expect(finder.problems).toEqual([expect.stringContaining('InvalidSignatureException')])
})

test('a profile that is absent is told, and nobody else’s credentials are used', async () => {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${api.url}/role`)
  const finder = withEcrCredentials(nothing, registry, { ...identity(), profile: 'absent' })
  expect(await finder.find(host, 'app')).toBeUndefined()
  expect(finder.problems).toEqual([expect.stringContaining('[absent]')])
})

test('a repository is made, and one that is there is no error', async () => {
  await createEcrRepository(registry, 'team/app', identity())
  await createEcrRepository(registry, 'team/app', identity())
  expect([...api.repositories]).toEqual(['team/app'])
})
