import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { copyImage, type Digest, signImage, verifyImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type Peer, peer } from '../services/peer.ts'
import { makeServiceKey, spkiPem } from '../services/service-keys.ts'
import { type AwsKms, startAwsKms } from '../services/start-aws-kms.ts'
import { awsKeys } from '../services/start-ecr-api.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { startVault, type Vault } from '../services/start-vault.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

const image = `oci:${path.join(import.meta.dirname, '../../examples/hello')}:v1`
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--allow-insecure-registry', '-y']
const withoutLog = ['--insecure-ignore-tlog=true', '--allow-insecure-registry']

describeWithServices(['cosign', 'docker-registry'], 'cosign 3, with keys in services', () => {
  let cosign: Peer
  let registry: RegistryServer
  let kms: AwsKms
  let vault: Vault
  let folder: string
  let env: Record<string, string>
  beforeAll(async () => {
    cosign = peer('cosign')
    ;[registry, kms, vault] = await Promise.all([startRegistry(), startAwsKms(), startVault()])
    folder = await mkdtemp(path.join(temporaryFolder(), 'services-'))
    kms.keys.set('alias/P-256', makeServiceKey('P-256')).set('alias/RSA', makeServiceKey('RSA'))
    vault.keys.set('P-256', [makeServiceKey('P-256')]).set('RSA', [makeServiceKey('RSA')])
    env = {
      AWS_ACCESS_KEY_ID: awsKeys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: awsKeys.secretAccessKey,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_KMS: kms.url,
      VAULT_ADDR: vault.url,
      VAULT_TOKEN: vault.token,
    }
  })
  beforeEach(() => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    return () => void vi.unstubAllEnvs()
  })
  afterAll(async () => {
    await Promise.all([registry, kms, vault].map(one => one[Symbol.asyncDispose]()))
  })

  let images = 0
  async function push(): Promise<{ readonly tag: string; readonly digest: Digest; readonly byDigest: string }> {
    const repository = `${registry.host}/app${images++}`
    const { digest } = await copyImage(image, `${repository}:v1`)
    return { tag: `${repository}:v1`, digest, byDigest: `${repository}@${digest}` }
  }
  const verify = async (key: string, name: string, form: readonly string[]) =>
    (await cosign.attempt(['verify', '--key', key, ...withoutLog, ...form, name], { env })).code

  describe.each([
    ['awskms:///alias/P-256', () => kms.keys.get('alias/P-256')],
    ['awskms:///alias/RSA', () => kms.keys.get('alias/RSA')],
    ['hashivault://P-256', () => vault.keys.get('P-256')?.[0]],
    ['hashivault://RSA', () => vault.keys.get('RSA')?.[0]],
  ])('%s', (uri, keyOf) => {
    test.each([
      ['referrer', []],
      ['tag', ['--new-bundle-format=false']],
    ] as const)('it verifies what we sign in a bucket with it (%s), once that is copied to a registry', async (attach, form) => {
      const bucket = `local://${await mkdtemp(path.join(folder, 'bucket-'))}//app:v1`
      await copyImage(image, bucket)
      await signImage(bucket, { keys: [uri], attach })
      const repository = `${registry.host}/ours${images++}`
      const { digest } = await copyImage(bucket, `${repository}:v1`)
      const key = keyOf() ?? expect.fail('there is a key')
      await writeFile(path.join(folder, 'key.pub'), spkiPem(key))
      if (uri.startsWith('awskms:')) expect(await verify(uri, `${repository}@${digest}`, form)).toBe(0)
      expect(await verify(path.join(folder, 'key.pub'), `${repository}@${digest}`, form)).toBe(0)
      await writeFile(path.join(folder, 'key.pub'), spkiPem(makeServiceKey('P-256')))
      expect(await verify(path.join(folder, 'key.pub'), `${repository}@${digest}`, form)).not.toBe(0)
    })

    // The cosign that `npm run services` brings knows no Vault: its keys are given to it as files.
    if (!uri.startsWith('awskms:')) return
    test('it signs in a registry, and we verify that once it is copied to a bucket', async () => {
      const { tag, byDigest } = await push()
      await cosign.run(['sign', '--key', uri, ...offline, byDigest], { env })
      const bucket = `local://${await mkdtemp(path.join(folder, 'bucket-'))}//app:v1`
      await copyImage(tag, bucket)
      expect(await verifyImage(bucket, { keys: [uri] })).toMatchObject({
        verified: true,
        signatures: [{ form: 'bundle', valid: true, key: uri }],
      })
      const other = uri.replace(/P-256|RSA/, name => (name === 'RSA' ? 'P-256' : 'RSA'))
      expect(await verifyImage(bucket, { keys: [other] })).toMatchObject({ verified: false, missing: [other] })
    })
  })
})
