import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manifestDigest } from '../../src/model/manifest-digest.ts'
import { openSimpleSigner } from '../../src/trust/simple-signing/open-simple-signer.ts'
import { verifySimpleSignature } from '../../src/trust/simple-signing/verify-simple-signature.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type GnupgHome, openGnupgHome } from '../services/gnupg-home.ts'
import { peer } from '../services/peer.ts'

const manifest = Buffer.from('{"schemaVersion":2}')
const digest = manifestDigest(manifest)
const identity = 'quay.io/a/b:1'

describeWithServices(['gpg', 'skopeo'], 'signatures of ours, of GnuPG and of skopeo', () => {
  let gnupg: GnupgHome
  let folder: string
  let file: string
  let key: string
  beforeAll(async () => {
    gnupg = openGnupgHome()
    folder = await newFolder()
    file = path.join(folder, 'manifest.json')
    await writeFile(file, manifest)
    key = await gnupg.newKey('signer <signer@example.com>')
    await gnupg.newKey('one <one@example.org>')
    await gnupg.newKey('two <two@example.org>')
  })
  afterAll(() => gnupg.close())
  const environment = () => ({ environment: gnupg.environment })
  const skopeo = (...args: string[]) => peer('skopeo').run(args, { env: { GNUPGHOME: gnupg.home } })
  const publicKeys = async (name = '') => ({ keys: [await gnupg.run('--export', ...(name === '' ? [] : [name]))] })

  test('skopeo accepts what we sign, and so do we', async () => {
    const signer = await openSimpleSigner('signer@example.com', environment())
    expect(signer.name).toContain(key)
    const { format, ...signed } = await signer.sign({ digest, identity })
    expect(format).toBe('simple')
    const bytes = 'bytes' in signed ? signed.bytes : Buffer.alloc(0)
    const signature = path.join(folder, 'ours')
    await writeFile(signature, bytes)
    const stdout = await skopeo('standalone-verify', file, identity, key, signature)
    expect(stdout).toContain(`fingerprint ${key}, digest ${digest}`)
    expect(await verifySimpleSignature(bytes, await publicKeys())).toMatchObject({
      manifestDigest: digest,
      dockerReference: identity,
      fingerprint: key,
    })
  })

  test('we accept what skopeo signs', async () => {
    const signature = path.join(folder, 'theirs')
    await skopeo('standalone-sign', file, identity, key, '-o', signature)
    const bytes = await readFile(signature)
    const verified = await verifySimpleSignature(bytes, { keys: [await gnupg.run('--armor', '--export', key)] })
    expect(verified).toMatchObject({ manifestDigest: digest, dockerReference: identity, primaryFingerprint: key })
    await expect(verifySimpleSignature(bytes, await publicKeys('one@example.org'))).rejects.toMatchObject({
      code: 'untrusted',
    })
  })

  test('a passphrase is given to the agent', async () => {
    const locked = await gnupg.newKey('locked', { passphrase: 'correct horse' })
    const signer = await openSimpleSigner(locked, { ...environment(), passphrase: 'correct horse' })
    const signature = await signer.sign({ digest, identity })
    expect(
      await verifySimpleSignature('bytes' in signature ? signature.bytes : Buffer.alloc(0), await publicKeys()),
    ).toMatchObject({
      fingerprint: locked,
      manifestDigest: digest,
    })
    const other = await gnupg.newKey('locked too', { passphrase: 'correct horse' })
    const wrong = await openSimpleSigner(other, { ...environment(), passphrase: 'wrong' })
    await expect(wrong.sign({ digest, identity })).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringMatching(/bad passphrase/i),
    })
  })

  test('a subkey signs, and an expired key is refused', async () => {
    const subkeyed = await gnupg.newKey('subkeyed')
    await gnupg.run('--pinentry-mode', 'loopback', '--passphrase', '', '--quick-add-key', subkeyed, 'ed25519', 'sign')
    const signature = await (await openSimpleSigner(subkeyed, environment())).sign({ digest, identity })
    const bytes = 'bytes' in signature ? signature.bytes : Buffer.alloc(0)
    const verified = await verifySimpleSignature(bytes, await publicKeys(subkeyed))
    expect(verified.primaryFingerprint).toBe(subkeyed)
    expect(verified.fingerprint).not.toBe(subkeyed)
    await writeFile(path.join(folder, 'subkeyed'), bytes)
    const stdout = await skopeo('standalone-verify', file, identity, subkeyed, path.join(folder, 'subkeyed'))
    expect(stdout).toContain('Signature verified')
    await gnupg.run('--quick-set-expire', subkeyed, 'seconds=1')
    const later = new Date(Date.now() + 60_000)
    const expired = verifySimpleSignature(bytes, { ...(await publicKeys(subkeyed)), now: later })
    await expect(expired).rejects.toMatchObject({ code: 'untrusted', message: expect.stringMatching(/expired/) })
  })

  test('a key is one, and there', async () => {
    await expect(openSimpleSigner('example.org', environment())).rejects.toMatchObject({
      code: 'bad-argument',
      message: 'GnuPG has 2 secret keys of this name',
    })
    await expect(openSimpleSigner('nobody', environment())).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(openSimpleSigner('--version', environment())).rejects.toMatchObject({ code: 'bad-argument' })
    await expect(openSimpleSigner(key, { ...environment(), passphrase: 'a\nb' })).rejects.toMatchObject({
      code: 'bad-argument',
    })
    await expect(openSimpleSigner(key, { environment: { PATH: '' } })).rejects.toMatchObject({
      code: 'program-not-found',
    })
  })
})
