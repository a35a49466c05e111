import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { type FakeRegistry, startFakeRegistry } from '../../testing/fake-registry.ts'
import { sigstoreImageSigner } from '../../trust/sigstore/image-signer.ts'
import { keySigner } from '../../trust/sigstore/key-signer.ts'
import { formatPublicKey } from '../../trust/sigstore/read-public-key.ts'
import { copyImage } from '../copy-image.ts'
import type { CopyOptions } from '../copy-options.ts'
import { inspectImage } from '../inspect-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-signed-'))
const hello = `oci:${path.join(import.meta.dirname, '../../../examples/hello')}:v1`
const [ours, others] = [newKey(), newKey()]
let registry: FakeRegistry
beforeAll(async () => {
  registry = await startFakeRegistry()
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { pem: formatPublicKey(publicKey), signer: sigstoreImageSigner({ signer: keySigner('a key', privateKey) }) }
}

let made = 0
const fresh = () => path.join(folder, String(made++))

/** Everything is rejected but what is signed by the key. */
async function policyOf(
  transport: string,
  scope: string,
  { pem }: typeof ours,
  signedIdentity?: object,
): Promise<CopyOptions> {
  const requirement = {
    type: 'sigstoreSigned',
    keyData: Buffer.from(pem).toString('base64'),
    ...(signedIdentity === undefined ? {} : { signedIdentity }),
  }
  const file = `${fresh()}.json`
  const document = { default: [{ type: 'reject' }], transports: { [transport]: { [scope]: [requirement] } } }
  await writeFile(file, JSON.stringify(document))
  return { policy: { file } }
}

const exactly = (dockerReference: string) => ({ type: 'exactReference', dockerReference })
const untrusted = { code: 'untrusted', operation: 'check policy' }

describe('an image that was signed on its way', () => {
  const name = 'registry.example.com/org/app:v1'
  const bucket = () => `${folder}/bucket`
  const image = () => `local://${bucket()}//org/app:v1`
  beforeAll(async () => {
    await copyImage(hello, image(), { signers: [ours.signer], signIdentity: name })
    await copyImage(hello, `local://${bucket()}//org/plain:v1`)
  })

  test('into a bucket is let out of it', async () => {
    const options = await policyOf('local', `${bucket()}//org`, ours, exactly(name))
    const { digest } = await copyImage(image(), `${registry.host}/out/app:v1`, options)
    const told = await inspectImage(image(), options)
    expect(told).toMatchObject({ digest, policy: { met: true, requirements: ['sigstoreSigned'] } })
  })

  test('and on into a registry is let out of that', async () => {
    await copyImage(image(), `${registry.host}/carried/app:v1`)
    const options = await policyOf('docker', registry.host, ours, exactly(name))
    await copyImage(`${registry.host}/carried/app:v1`, `dir:${fresh()}`, options)
  })

  test.each<[string, () => Promise<CopyOptions>, () => string]>([
    ['by another key', () => policyOf('local', bucket(), others, exactly(name)), image],
    ['for another name', () => policyOf('local', bucket(), ours, exactly(`${name}1`)), image],
    ['for a name that a bucket has not', () => policyOf('local', bucket(), ours), image],
    ['by nobody', () => policyOf('local', bucket(), ours, exactly(name)), () => `local://${bucket()}//org/plain:v1`],
    ['elsewhere', () => policyOf('local', `${bucket()}//other`, ours, exactly(name)), image],
  ])('is kept where the policy asks for one that is signed %s', async (_, policy, source) => {
    const to = fresh()
    await expect(copyImage(source(), `oci:${to}:v1`, await policy())).rejects.toMatchObject(untrusted)
    await expect(inspectImage(`oci:${to}:v1`)).rejects.toThrow()
    expect(await inspectImage(source(), await policy())).toMatchObject({ policy: { met: false } })
  })

  test('is kept without its signatures', async () => {
    const stripped = `local://${fresh()}//app:v1`
    await copyImage(image(), stripped, { referrers: false, removeSignatures: true })
    const copying = copyImage(stripped, `dir:${fresh()}`, await policyOf('local', '', ours, exactly(name)))
    await expect(copying).rejects.toThrow('it has no signature')
  })
})

describe('in a registry', () => {
  test('a signature is for one tag', async () => {
    const repository = `${registry.host}/tags/app`
    await copyImage(hello, `${repository}:v1`, { signers: [ours.signer] })
    await copyImage(`${repository}:v1`, `${repository}:v2`)
    const options = await policyOf('docker', repository, ours)
    await copyImage(`${repository}:v1`, `dir:${fresh()}`, options)
    await expect(copyImage(`${repository}:v2`, `dir:${fresh()}`, options)).rejects.toThrow(
      `it is for "${repository}:v1"`,
    )
    const { digest } = await inspectImage(`${repository}:v1`)
    await copyImage(`${repository}@${digest}`, `dir:${fresh()}`, options)
    await copyImage(
      `${repository}:v2`,
      `dir:${fresh()}`,
      await policyOf('docker', repository, ours, { type: 'matchRepository' }),
    )
  })

  test('what a mirror has is signed for the name that it is a mirror of', async () => {
    await copyImage(hello, `${registry.host}/mirror/good:v1`, {
      signers: [ours.signer],
      signIdentity: 'quay.example/app/good:v1',
    })
    await copyImage(hello, `${registry.host}/mirror/bad:v1`, { signers: [ours.signer] })
    const registriesConf = `${fresh()}.conf`
    const place = `[[registry]]\nprefix = "quay.example/app"\nlocation = "${registry.host}/nothing"\n[[registry.mirror]]\nlocation = "${registry.host}/mirror"\n`
    await writeFile(registriesConf, place)
    const options = { ...(await policyOf('docker', 'quay.example', ours)), registriesConf }
    await copyImage('quay.example/app/good:v1', `dir:${fresh()}`, options)
    await expect(copyImage('quay.example/app/bad:v1', `dir:${fresh()}`, options)).rejects.toMatchObject(untrusted)
  })

  test.each([
    ['payload', 'the signature is not one of the trusted key'],
    ['signature', 'the signature is not one of the trusted key'],
    ['manifest', 'it has no signature'],
  ])('a changed %s is one that nobody signed', async (what, why) => {
    const name = `${registry.host}/changed/${what}:v1`
    await copyImage(hello, name, { signers: [ours.signer], platforms: [{ os: 'linux', architecture: 'amd64' }] })
    const options = await policyOf('docker', '', ours)
    await copyImage(name, `dir:${fresh()}`, options)
    if (what === 'manifest') {
      await copyImage(hello, name, { platforms: [{ os: 'linux', architecture: 'arm64' }], referrers: false })
    } else {
      const { digest } = await inspectImage(name)
      await changeSignature(name, digest, what)
    }
    await expect(copyImage(name, `dir:${fresh()}`, options)).rejects.toThrow(why)
  })

  /** Writes the image of signatures anew, with a letter of one of them changed. */
  async function changeSignature(name: string, digest: string, what: string): Promise<void> {
    const repository = name.slice(0, name.lastIndexOf(':'))
    const at = `${repository}:${digest.replace(':', '-')}.sig`
    const layout = fresh()
    await copyImage(at, `dir:${layout}`)
    const manifest = JSON.parse((await readFile(path.join(layout, 'manifest.json'))).toString())
    const [layer] = manifest.layers
    if (what === 'payload') {
      const file = (of: string) => path.join(layout, of.replace('sha256:', ''))
      const payload = (await readFile(file(layer.digest)))
        .toString()
        .replace('atomic container signature', 'atomic container Signature')
      const changed = Buffer.from(payload.includes('Signature') ? payload : payload.replace('cosign', 'Cosign'))
      layer.digest = digestOf(changed)
      layer.size = changed.length
      await writeFile(file(layer.digest), changed)
      const config = JSON.parse((await readFile(file(manifest.config.digest))).toString())
      config.rootfs.diff_ids = [layer.digest]
      const bytes = Buffer.from(JSON.stringify(config))
      manifest.config.digest = digestOf(bytes)
      manifest.config.size = bytes.length
      await writeFile(file(manifest.config.digest), bytes)
    } else {
      const [key = ''] = Object.keys(layer.annotations)
      const signature = Buffer.from(layer.annotations[key], 'base64')
      signature[20] = (signature[20] ?? 0) ^ 1
      layer.annotations[key] = signature.toString('base64')
    }
    await writeFile(path.join(layout, 'manifest.json'), JSON.stringify(manifest))
    await copyImage(`dir:${layout}`, at)
  }
})
