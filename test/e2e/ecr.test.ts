import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { close, listen } from '../../src/testing/listen.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { awsKeys, type EcrApi, startEcrApi } from '../services/start-ecr-api.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { lading } from './lading.ts'

const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com'

describeWithServices(['docker-registry', 'openssl'], 'a registry under the name of one of ECR', () => {
  let registry: RegistryServer
  let api: EcrApi
  let proxyUrl: string
  // Every name leads to the registry: that is how it comes to stand under Amazon's.
  const proxy = createServer().on('connect', (_request, client, head) => {
    const { hostname, port } = new URL(registry.url)
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      server.write(head)
      client.pipe(server).pipe(client)
    })
    server.on('error', () => client.destroy())
    client.on('error', () => server.destroy())
  })

  beforeAll(async () => {
    registry = await startRegistry({ auth: 'basic', tls: true })
    api = await startEcrApi('test:secret')
    proxyUrl = `http://${await listen(proxy)}`
  })
  afterAll(async () => {
    await close(proxy)
    await api[Symbol.asyncDispose]()
    await registry.stop()
  })

  const env = () => ({
    HTTPS_PROXY: proxyUrl,
    AWS_ENDPOINT_URL_ECR: api.url,
    AWS_ACCESS_KEY_ID: awsKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: awsKeys.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  })

  test('is pushed to and pulled from with the AWS credentials alone', async () => {
    const push = ['copy', '--tls-verify=false', '--create-repository', 'oci:examples/hello:v1', `${host}/app:v1`]
    expect(await lading(push, { cwd: checkout, env: env() })).toMatchObject({ code: 0 })
    const inspect = await lading(['inspect', '--tls-verify=false', `${host}/app:v1`], { env: env() })
    expect(inspect).toMatchObject({ code: 0, stdout: expect.stringContaining('linux/arm64') })
  })

  test('says what is missing without them', async () => {
    const run = await lading(['inspect', '--tls-verify=false', `${host}/app:v1`], {
      env: { ...env(), AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    })
    expect(run.code).toBe(3)
    expect(run.stderr).toContain('no AWS credentials for ECR')
  })
})
