import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage, signImage, verifyImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { identityToken, startSigstore } from './start-sigstore.ts'

const hello = `oci:${path.join(import.meta.dirname, '../../examples/hello')}:v1`
const identity = { subject: 'https://builder.example.com/job', issuer: 'https://fake.oidcissuer.com' }

describeWithServices(['cosign', 'docker-registry'], 'cosign 3, without a key', () => {
  test.each([
    ['referrer', []],
    ['tag', ['--new-bundle-format=false']],
  ] as const)('it verifies what we sign in a bucket (%s), once that is copied, as whom it is of alone', async (attach, form) => {
    await using registry = await startRegistry()
    await using server = await startSigstore()
    const folder = await mkdtemp(path.join(temporaryFolder(), 'keyless-'))
    const trustedRoot = path.join(folder, 'root.json')
    await writeFile(trustedRoot, JSON.stringify(server.trustedRoot))
    const bucket = `local://${folder}/bucket//app:v1`
    await copyImage(hello, bucket)
    const keyless = { fulcioUrl: server.url, identityToken: identityToken() }
    await signImage(bucket, { keyless, rekorUrl: server.url, attach })
    const place = `${registry.host}/app`
    const { digest } = await copyImage(bucket, `${place}:v1`)
    expect((await verifyImage(`${place}:v1`, { identity, trustedRoot })).verified).toBe(true)
    const verify = async (subject: string, issuer: string) =>
      await peer('cosign').attempt([
        'verify',
        ...['--trusted-root', trustedRoot, '--allow-insecure-registry', ...form],
        ...['--certificate-identity', subject, '--certificate-oidc-issuer', issuer],
        `${place}@${digest}`,
      ])
    expect(await verify(identity.subject, identity.issuer)).toMatchObject({ code: 0 })
    expect((await verify(`${identity.subject}s`, identity.issuer)).code).not.toBe(0)
    expect((await verify(identity.subject, 'https://evil.example')).code).not.toBe(0)
  })
})
