import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { newFolder } from './lading.ts'

const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
/** cosign's own key pairs have an empty password here. No log, no time stamps: nothing is asked of the internet. */
const offline = { env: { COSIGN_PASSWORD: '' } }
const http = '--allow-http-registry'

describeWithServices(['docker-registry', 'cosign', 'oras'], 'what cosign and oras attached', () => {
  const stack = new AsyncDisposableStack()
  let from: RegistryServer
  let to: RegistryServer
  let folder: string
  let digest: string
  const cosign = () => peer('cosign')

  beforeAll(async () => {
    ;[from, to] = [stack.use(await startRegistry()), stack.use(await startRegistry())]
    folder = await newFolder()
    const { run } = cosign()
    const at = { ...offline, cwd: folder }
    for (const name of ['cosign', 'other']) await run(['generate-key-pair', '--output-key-prefix', name], at)
    await run(['signing-config', 'create', '--out', 'config.json'], at)
    await writeFile(path.join(folder, 'sbom.json'), '{"spdxVersion":"SPDX-2.3"}')
    digest = (await copyImage(image, `${from.host}/app:v1`)).digest
    const ref = `${from.host}/app@${digest}`
    // bundles, of the index and of both platforms; then one of the old form
    await run(['sign', '--yes', http, '--key', 'cosign.key', '--signing-config', 'config.json', '-r', ref], at)
    await run(['sign', '--yes', http, '--key', 'cosign.key', ...oldForm, '--tlog-upload=false', ref], at)
    await run(
      [
        'attest',
        '--yes',
        http,
        '--key',
        'cosign.key',
        ...oldForm,
        '--tlog-upload=false',
        '--type',
        'custom',
        '--predicate',
        'sbom.json',
        ref,
      ],
      at,
    )
    const kind = 'application/spdx+json'
    await peer('oras').run(['attach', '--plain-http', '--artifact-type', kind, ref, `sbom.json:${kind}`], {
      cwd: folder,
    })
    return () => stack.disposeAsync()
  })

  const oldForm = ['--use-signing-config=false', '--new-bundle-format=false']
  const verified = async (ref: string, key: string, bundles: boolean) => {
    const form = bundles ? [] : ['--new-bundle-format=false']
    const words = ['verify', http, '--key', `${key}.pub`, '--insecure-ignore-tlog', ...form, ref]
    const { code } = await cosign().attempt(words, { ...offline, cwd: folder })
    return code === 0
  }
  /** What oras says of it, without what another name or another order changes. */
  const discovered = async (ref: string) => {
    const text = await peer('oras').run(['discover', '--plain-http', '--format', 'json', ref])
    const digests = [...text.matchAll(/"digest": "(sha256:[0-9a-f]+)"/g)].map(([, found]) => found)
    return [...new Set(digests)].sort()
  }

  test.each([
    ['a bucket', () => `local://${folder}/bucket//app:v1`],
    ['a layout', () => `oci:${folder}/layout:v1`],
    ['an archive', () => `oci-archive:${folder}/archive.tar:v1`],
  ])('is verified and found again after a copy through %s', async (name, placeOf) => {
    const back = `${to.host}/${name.replaceAll(' ', '-')}`
    const { attachments } = await copyImage(`${from.host}/app:v1`, placeOf())
    expect(attachments).toMatchObject({ copied: { signatures: 4, attestations: 1, sboms: 1, others: 0 }, leftOut: [] })
    await copyImage(placeOf(), `${back}:v1`)
    expect(await discovered(`${back}:v1`)).toEqual(await discovered(`${from.host}/app:v1`))
    for (const bundles of [true, false]) {
      expect(await verified(`${back}:v1`, 'cosign', bundles)).toBe(true)
      expect(await verified(`${back}:v1`, 'other', bundles)).toBe(false)
    }
    const words = ['verify-attestation', http, '--key', 'cosign.pub', '--insecure-ignore-tlog', '--type', 'custom']
    for (const at of [`${from.host}/app:v1`, `${back}:v1`])
      await cosign().run([...words, '--new-bundle-format=false', at], { ...offline, cwd: folder })
  })

  test('goes with the one platform that is copied', async () => {
    const platforms = [{ os: 'linux', architecture: 'arm64' }]
    const { attachments } = await copyImage(`${from.host}/app:v1`, `${to.host}/arm:v1`, { platforms })
    expect(attachments).toMatchObject({
      copied: { signatures: 1, attestations: 0 },
      leftOut: [{ subject: digest, signatures: 2, attestations: 1, sboms: 1 }],
    })
    expect(await verified(`${to.host}/arm:v1`, 'cosign', true)).toBe(true)
  })

  test('stands beside what others attached at the destination', async () => {
    const there = `${to.host}/both:v1`
    await copyImage(image, there)
    const key = ['--key', 'other.key', ...oldForm, '--tlog-upload=false']
    await cosign().run(['sign', '--yes', http, ...key, `${to.host}/both@${digest}`], { ...offline, cwd: folder })
    await copyImage(`${from.host}/app:v1`, there)
    for (const signer of ['cosign', 'other']) expect(await verified(there, signer, false)).toBe(true)
  })
})
