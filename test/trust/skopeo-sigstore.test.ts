import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyImage, generateSigstoreKey } from '../../src/index.ts'
import { parseImageSignature } from '../../src/trust/image-signature.ts'
import { verifyAttachment } from '../../src/trust/sigstore/index.ts'
import { lading } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type Peer, peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { identityToken, startSigstore } from './start-sigstore.ts'

const image = path.join(import.meta.dirname, '../../examples/hello')

describeWithServices(['skopeo', 'docker-registry'], 'skopeo 1.22 and signatures of sigstore', () => {
  let skopeo: Peer
  let registry: RegistryServer
  let folder: string
  let key: { readonly privateKeyFile: string; readonly publicKeyFile: string }
  let configured: string[]
  const file = (name: string) => path.join(folder, name)
  beforeAll(async () => {
    skopeo = peer('skopeo')
    registry = await startRegistry()
    folder = await mkdtemp(path.join(temporaryFolder(), 'sigstore-'))
    key = await generateSigstoreKey({ outputPrefix: file('key'), passphrase: 'a secret' })
    await generateSigstoreKey({ outputPrefix: file('other'), passphrase: 'a secret' })
    await writeFile(file('passphrase'), 'a secret\n')
    await mkdir(file('registries.d'))
    await writeFile(file('registries.d/all.yaml'), 'default-docker:\n  use-sigstore-attachments: true\n')
    for (const name of ['key', 'other']) {
      const requirement = {
        type: 'sigstoreSigned',
        keyPath: file(`${name}.pub`),
        signedIdentity: { type: 'matchRepository' },
      }
      await writeFile(file(`${name}.json`), JSON.stringify({ default: [requirement] }))
    }
    configured = [`--registries.d=${file('registries.d')}`]
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  let names = 0
  const newName = () => `docker://${registry.host}/app${names++}:v1`
  const signing = () => [
    '--sign-by-sigstore-private-key',
    key.privateKeyFile,
    '--sign-passphrase-file',
    file('passphrase'),
  ]
  const pull = (name: string, policy: string) =>
    skopeo.attempt([
      ...configured,
      `--policy=${file(`${policy}.json`)}`,
      'copy',
      '--all',
      '--src-tls-verify=false',
      name,
      `dir:${file(`pulled${names++}`)}`,
    ])

  test.each([
    ['its own name', []],
    ["skopeo's", ['skopeo']],
  ])('takes what is signed under %s, by its key alone', async (_, dialect) => {
    const name = newName()
    const more = dialect.length === 0 ? [] : ['--all', '--insecure-policy', '--dest-tls-verify=false', ...configured]
    const signed = await lading([...dialect, 'copy', ...more, ...signing(), `oci:${image}`, name], {
      env: { HOME: folder },
    })
    expect(signed).toMatchObject({ code: 0 })
    expect(await pull(name, 'key')).toMatchObject({ code: 0 })
    const refused = await pull(name, 'other')
    expect(refused.stderr).toContain('cryptographic signature verification failed')
    expect(refused.code).not.toBe(0)
  })

  test('is not copied for under its name where registries.d does not have attachments', async () => {
    const words = [
      'skopeo',
      'copy',
      '--insecure-policy',
      '--dest-tls-verify=false',
      ...signing(),
      `oci:${image}`,
      newName(),
    ]
    const refused = await lading(words, { env: { HOME: file('nobody') } })
    expect(refused.stderr).toContain('writing sigstore attachments is disabled by configuration')
    expect(refused.code).toBe(1)
  })

  test('signs, and what it signed is verified: in a directory and from a registry', async () => {
    const directory = file('signed')
    const toDirectory = ['--sign-identity', 'registry.example.com/app:v1', `oci:${image}`, `dir:${directory}`]
    await skopeo.run(['copy', '--all', ...signing(), ...toDirectory])
    const publicKey = await readFile(key.publicKeyFile, 'utf8')
    const signature = parseImageSignature(await readFile(path.join(directory, 'signature-1')))
    if (signature.format !== 'sigstore') throw new Error('it is no signature of sigstore')
    expect(await verifyAttachment(signature, { keys: [publicKey] })).toMatchObject({
      dockerReference: 'registry.example.com/app:v1',
    })
    const other = await readFile(file('other.pub'), 'utf8')
    await expect(verifyAttachment(signature, { keys: [other] })).rejects.toMatchObject({ code: 'untrusted' })
    // from the directory to a registry, where they are attached, and back
    const name = newName()
    await copyImage(`dir:${directory}`, name)
    const requirement = { type: 'sigstoreSigned', keyPath: key.publicKeyFile }
    const identity = { type: 'exactReference', dockerReference: 'registry.example.com/app:v1' }
    await writeFile(file('exact.json'), JSON.stringify({ default: [{ ...requirement, signedIdentity: identity }] }))
    expect(await pull(name, 'exact')).toMatchObject({ code: 0 })
    await copyImage(name, `dir:${file('back')}`)
    const signatures = (await readdir(file('back'))).filter(one => one.includes('signature'))
    expect(signatures.sort()).toEqual((await readdir(directory)).filter(one => one.includes('signature')).sort())
    expect(await readFile(file('back/signature-1'))).toEqual(await readFile(path.join(directory, 'signature-1')))
  })

  test('takes what is signed by Fulcio and entered in Rekor', async () => {
    await using sigstore = await startSigstore()
    await writeFile(file('rekor.pub'), sigstore.rekorKey)
    await writeFile(
      file('parameters.yaml'),
      JSON.stringify({
        privateKeyFile: key.privateKeyFile,
        privateKeyPassphraseFile: file('passphrase'),
        rekorURL: sigstore.url,
      }),
    )
    const name = newName()
    await copyImage(`oci:${image}`, name, { signBySigstore: file('parameters.yaml') })
    const requirement = {
      type: 'sigstoreSigned',
      keyPath: key.publicKeyFile,
      rekorPublicKeyPath: file('rekor.pub'),
      signedIdentity: { type: 'matchRepository' },
    }
    await writeFile(file('rekor.json'), JSON.stringify({ default: [requirement] }))
    expect(await pull(name, 'rekor')).toMatchObject({ code: 0 })
    const plain = newName()
    await copyImage(`oci:${image}`, plain, { signBySigstorePrivateKey: key.privateKeyFile, signPassphrase: 'a secret' })
    expect((await pull(plain, 'rekor')).stderr).toContain('missing dev.sigstore.cosign/bundle annotation')

    await writeFile(
      file('fulcio.yaml'),
      JSON.stringify({
        fulcio: { fulcioURL: sigstore.url, oidcMode: 'staticToken', oidcIDToken: identityToken() },
        rekorURL: sigstore.url,
      }),
    )
    const keyless = `dir:${file('keyless')}`
    await copyImage(`oci:${image}`, keyless, {
      signBySigstore: file('fulcio.yaml'),
      signIdentity: 'example.com/app:v1',
    })
    const signature = parseImageSignature(await readFile(file('keyless/signature-1')))
    if (signature.format !== 'sigstore') throw new Error('it is no signature of sigstore')
    const fulcio = { ca: sigstore.fulcioCa, oidcIssuer: 'https://fake.oidcissuer.com', subjectEmail: 'a@example.com' }
    // the certificate is good, and of a URI: a policy has addresses alone
    await expect(verifyAttachment(signature, { fulcio, rekorKeys: [sigstore.rekorKey] })).rejects.toThrow(
      'not of "a@example.com"',
    )
  })
})
