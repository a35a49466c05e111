import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import type { Digest } from '../../src/model/digest.ts'
import { openTestContext } from '../../src/testing/registry-context.ts'
import {
  type ImageDestination,
  type ImageSource,
  openDestination,
  openSource,
  parseReference,
} from '../../src/transports/index.ts'
import {
  appendSignatures,
  bundleManifest,
  type FoundSignature,
  keySigner,
  makeBundle,
  makeKeyPair,
  pushAttached,
  readPrivateKey,
  type SigstoreKeyPair,
  sigstoreImageSigner,
  verifyImageSignatures,
} from '../../src/trust/sigstore/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type Peer, peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

const passphrase = 'a secret'
const image = path.join(import.meta.dirname, '../../examples/hello')
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--allow-insecure-registry', '-y']
const withoutLog = ['--insecure-ignore-tlog=true', '--allow-insecure-registry']

describeWithServices(['cosign', 'docker-registry'], 'cosign 3', () => {
  let cosign: Peer
  let registry: RegistryServer
  let folder: string
  /** Made by cosign, and by us. */
  const keys: Record<'theirs' | 'ours', SigstoreKeyPair> = {} as never // filled before the tests
  beforeAll(async () => {
    cosign = peer('cosign')
    registry = await startRegistry()
    folder = await mkdtemp(path.join(temporaryFolder(), 'cosign-'))
    const env = { COSIGN_PASSWORD: passphrase }
    await cosign.run(['generate-key-pair', '--output-key-prefix', 'theirs'], { cwd: folder, env })
    const made = await makeKeyPair(passphrase)
    await writeFile(path.join(folder, 'ours.key'), made.privateKey)
    await writeFile(path.join(folder, 'ours.pub'), made.publicKey)
    keys.ours = made
    keys.theirs = {
      privateKey: await readFile(path.join(folder, 'theirs.key'), 'utf8'),
      publicKey: await readFile(path.join(folder, 'theirs.pub'), 'utf8'),
    }
  })
  afterAll(() => registry[Symbol.asyncDispose]())

  let images = 0
  /** An image of its own, in a repository of its own. */
  async function push(): Promise<{ readonly name: string; readonly digest: Digest; readonly tag: string }> {
    const repository = `${registry.host}/app${images++}`
    const { digest } = await copyImage(`oci:${image}`, `docker://${repository}:v1`, {})
    return { name: `${repository}@${digest}`, digest, tag: `${repository}:v1` }
  }
  const file = (name: string) => path.join(folder, name)
  const sign = (name: string, key: string, ...more: string[]) =>
    cosign.run(['sign', '--key', file(`${key}.key`), ...offline, ...more, name], {
      env: { COSIGN_PASSWORD: passphrase },
    })
  const verify = (name: string, key: string, ...more: string[]) =>
    cosign.attempt(['verify', '--key', file(`${key}.pub`), ...withoutLog, ...more, name])

  async function found(name: string, digest: Digest, key: string): Promise<FoundSignature[]> {
    return await opened('source', name, async source => {
      const all: FoundSignature[] = []
      for await (const one of verifyImageSignatures(source as ImageSource, digest, { keys: [key] })) all.push(one)
      return all
    })
  }

  describe.each([
    ['bundle', []],
    ['attachment', ['--new-bundle-format=false']],
  ] as const)('with a %s', (form, options) => {
    test.each(['theirs', 'ours'] as const)('signs with %s key, and we verify', async key => {
      const { name, digest } = await push()
      await sign(name, key, ...options)
      expect(await found(name, digest, keys[key].publicKey)).toEqual([
        expect.objectContaining({ form, valid: true, signer: { kind: 'key', publicKey: keys[key].publicKey } }),
      ])
      const other = keys[key === 'ours' ? 'theirs' : 'ours'].publicKey
      expect(await found(name, digest, other)).toEqual([
        expect.objectContaining({ valid: false, error: expect.objectContaining({ code: 'untrusted' }) }),
      ])
    })

    test.each(['theirs', 'ours'] as const)('verifies what we sign with %s key', async key => {
      const { name, digest, tag } = await push()
      const signer = keySigner(key, await readPrivateKey(keys[key].privateKey, passphrase))
      await opened('destination', tag, async destination => {
        const subject = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: 491 }
        const attached =
          form === 'bundle'
            ? bundleManifest(subject, await makeBundle(digest, { signer }))
            : appendSignatures(digest, undefined, [await signatureOf(signer, digest, tag)])
        await pushAttached(destination as ImageDestination, digest, attached)
      })
      const good = await verify(name, key, ...options)
      expect(good.stderr).toContain('The signatures were verified against the specified public key')
      expect(good.code).toBe(0)
      expect((await verify(name, key === 'ours' ? 'theirs' : 'ours', ...options)).code).not.toBe(0)
      expect(await found(name, digest, keys[key].publicKey)).toEqual([expect.objectContaining({ form, valid: true })])
    })
  })

  test('signs beside us, under the same tag', async () => {
    const { name, digest, tag } = await push()
    await sign(name, 'theirs', '--new-bundle-format=false')
    const signer = keySigner('ours', await readPrivateKey(keys.ours.privateKey, passphrase))
    await opened('destination', tag, async destination => {
      const to = destination as ImageDestination
      for await (const { node } of to.attachments?.(digest) ?? []) {
        const attached = appendSignatures(digest, await to.manifest(node), [await signatureOf(signer, digest, tag)])
        await pushAttached(to, digest, attached)
      }
    })
    expect((await verify(name, 'theirs', '--new-bundle-format=false')).code).toBe(0)
    expect((await verify(name, 'ours', '--new-bundle-format=false')).code).toBe(0)
    const env = { COSIGN_PASSWORD: passphrase }
    await cosign.run(['generate-key-pair', '--output-key-prefix', 'third'], { cwd: folder, env })
    await sign(name, 'third', '--new-bundle-format=false')
    expect(await found(name, digest, keys.ours.publicKey)).toMatchObject([
      { valid: false },
      { valid: true },
      { valid: false },
    ])
  })

  test('says of another image that nobody has signed it where the signature was moved there', async () => {
    const { name, digest } = await push()
    await sign(name, 'theirs')
    const other: Digest = `sha256:${'b'.repeat(64)}`
    const moved = await opened('source', name, async source => {
      const from = source as ImageSource
      const stranger = {
        attachments: () => from.attachments?.(digest) ?? [],
        fetch: (...words: Parameters<ImageSource['fetch']>) => from.fetch(...words),
      } as unknown as ImageSource // all that is used of it
      const all: FoundSignature[] = []
      for await (const one of verifyImageSignatures(stranger, other, { keys: [keys.theirs.publicKey] })) all.push(one)
      return all
    })
    expect(moved).toMatchObject([{ valid: false, error: { message: 'the statement is about another image' } }])
  })
})

async function signatureOf(signer: ReturnType<typeof keySigner>, digest: Digest, identity: string) {
  const signature = await sigstoreImageSigner({ signer }).sign({ digest, identity })
  if (signature.format !== 'sigstore') throw new Error('it is of another format')
  return signature
}

async function opened<T>(
  what: 'source' | 'destination',
  name: string,
  use: (place: ImageSource | ImageDestination) => Promise<T>,
): Promise<T> {
  await using test = openTestContext()
  const open = what === 'source' ? openSource : openDestination
  await using place = await open(parseReference(`docker://${name}`), { ...test.context, side: what })
  return await use(place)
}
