import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { verifySimpleSignature } from '../../src/trust/simple-signing/verify-simple-signature.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type GnupgHome, openGnupgHome } from '../services/gnupg-home.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`

describeWithServices(['docker-registry', 'gpg', 'skopeo'], 'signatures of copied images', () => {
  let gnupg: GnupgHome
  let registry: RegistryServer
  let folder: string
  let key: string
  let registriesD: string
  const before = process.env.GNUPGHOME

  beforeAll(async () => {
    gnupg = openGnupgHome()
    process.env.GNUPGHOME = gnupg.home
    registry = await startRegistry()
    folder = await newFolder()
    key = await gnupg.newKey('signer <signer@example.com>')
    await gnupg.newKey('other <other@example.com>')
    await writeFile(path.join(folder, 'key.gpg'), await gnupg.run('--export', 'signer@example.com'))
    await writeFile(path.join(folder, 'other.gpg'), await gnupg.run('--export', 'other@example.com'))
    registriesD = path.join(folder, 'registries.d')
    await mkdir(registriesD)
    const content = ['docker:', `  "${registry.host}":`, `    lookaside: file://${folder}/lookaside`]
    await writeFile(path.join(registriesD, 'a.yaml'), content.join('\n'))
  })
  afterAll(async () => {
    if (before === undefined) delete process.env.GNUPGHOME
    else process.env.GNUPGHOME = before
    gnupg?.close()
    await registry?.[Symbol.asyncDispose]()
  })

  const image = (name: string) => `${registry.host}/${name}`
  const skopeo = (...args: string[]) =>
    peer('skopeo').attempt(['--registries.d', registriesD, ...args], { env: { GNUPGHOME: gnupg.home } })
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']
  const inStore = async (repository: string): Promise<Record<string, Buffer>> => {
    const store = path.join(folder, 'lookaside')
    const names = await readdir(store, { recursive: true }).catch(() => [])
    const found = names.filter(name => name.startsWith(`${repository}@`) && name.includes('/signature-')).sort()
    const read = found.map(
      async name => [name.slice(repository.length), await readFile(path.join(store, name))] as const,
    )
    return Object.fromEntries(await Promise.all(read))
  }

  /** A policy that asks for a signature by this key. */
  async function policyOf(keyring: string, identity?: string): Promise<string> {
    const file = path.join(folder, `policy-${keyring}-${identity === undefined ? 'any' : 'exact'}.json`)
    const signedIdentity =
      identity === undefined ? {} : { signedIdentity: { type: 'exactReference', dockerReference: identity } }
    const keyPath = path.join(folder, keyring)
    const signedBy = [{ type: 'signedBy', keyType: 'GPGKeys', keyPath, ...signedIdentity }]
    await writeFile(file, JSON.stringify({ default: [{ type: 'reject' }], transports: { docker: { '': signedBy } } }))
    return file
  }
  let copies = 0
  const accepts = async (name: string, policy: string) => {
    const target = `dir:${path.join(folder, `accepted-${++copies}`)}`
    return (await skopeo('--policy', policy, 'copy', '--all', ...plain, `docker://${image(name)}`, target)).code === 0
  }

  test('skopeo accepts what is signed by us, index and platforms, and by no other key, name or manifest', async () => {
    const result = await copyImage(hello, image('ours:v1'), { registriesD, signBy: key })
    expect(result.signatures).toEqual({ copied: 0, made: Object.keys(await inStore('ours')).length, leftOut: 0 })
    expect(result.signatures?.made).toBeGreaterThan(1)
    expect(await accepts('ours:v1', await policyOf('key.gpg'))).toBe(true)
    expect(await accepts('ours:v1', await policyOf('other.gpg'))).toBe(false)
    expect(await accepts('ours:v1', await policyOf('key.gpg', image('ours:v2')))).toBe(false)
    // moved to another tag: its signatures are of the old one
    await copyImage(image('ours:v1'), image('ours:v2'), { registriesD })
    expect(await accepts('ours:v2', await policyOf('key.gpg'))).toBe(false)
    // signed again, the same signature is replaced
    await copyImage(hello, image('ours:v1'), { registriesD, signBy: 'signer@example.com' })
    expect(Object.keys(await inStore('ours')).length).toBe(result.signatures?.made)
    await copyImage(hello, image('unsigned:v1'), { registriesD })
    expect(await accepts('unsigned:v1', await policyOf('key.gpg'))).toBe(false)
  })

  test('through a directory and a bucket they come back byte for byte', async () => {
    const signed = await skopeo('copy', '--all', '--sign-by', key, ...plain, hello, `docker://${image('theirs:v1')}`)
    expect(signed.stderr).toBe('')
    const original = await inStore('theirs')
    expect(Object.keys(original).length).toBeGreaterThan(1)
    const identity = { registriesD }
    const [directory, bucket] = [
      `dir:${path.join(folder, 'theirs')}`,
      `local://${path.join(folder, 'bucket')}//theirs:v1`,
    ]
    await copyImage(image('theirs:v1'), directory, identity)
    const written = `dir:${path.join(folder, 'by-skopeo')}`
    await skopeo('copy', '--all', ...plain, `docker://${image('theirs:v1')}`, written)
    expect((await readdir(path.join(folder, 'theirs'))).sort()).toEqual(
      (await readdir(path.join(folder, 'by-skopeo'))).sort(),
    )
    const first = (name: string) => readFile(path.join(folder, name, 'signature-1'))
    expect(await first('theirs')).toEqual(await first('by-skopeo'))

    const count = Object.keys(original).length
    const none = { made: 0, leftOut: 0 }
    expect((await copyImage(directory, bucket)).signatures).toEqual({ copied: count, ...none })
    expect((await copyImage(bucket, image('back:v1'), identity)).signatures).toEqual({ copied: count, ...none })
    expect(await inStore('back')).toEqual(original)
    // and by skopeo from our directory
    await skopeo('copy', '--all', ...plain, directory, `docker://${image('again:v1')}`)
    expect(await inStore('again')).toEqual(original)
    const [signature = Buffer.alloc(0)] = Object.values(original)
    const keys = [await readFile(path.join(folder, 'key.gpg'))]
    expect(await verifySimpleSignature(signature, { keys })).toMatchObject({ dockerReference: image('theirs:v1') })
  })

  test('what is signed later comes with the next copy, which moves nothing else', async () => {
    const [from, to] = [image('later:v1'), `dir:${path.join(folder, 'later')}`]
    await copyImage(hello, from, { registriesD })
    await copyImage(from, to, { registriesD })
    await copyImage(hello, from, { registriesD, signBy: key })
    const again = await copyImage(from, to, { registriesD })
    expect(again).toMatchObject({ changed: false, signatures: { made: 0, leftOut: 0 } })
    expect(await readdir(path.join(folder, 'later'))).toContain('signature-1')
    // another image takes their place, and is not signed
    await copyImage(`oci:${path.join(checkout, 'test/fixtures/oci/many-layers')}`, to)
    expect((await readdir(path.join(folder, 'later'))).filter(name => name.includes('signature'))).toEqual([])
  })

  describe('what cannot keep them', () => {
    beforeAll(async () => {
      await copyImage(hello, image('signed:v1'), { registriesD, signBy: key })
    })
    const attempt = async (destination: string, options = {}) => {
      const warnings: string[] = []
      const onEvent = (event: { type: string; message?: string }) => {
        if (event.type === 'warning') warnings.push(event.message ?? '')
      }
      const result = await copyImage(image('signed:v1'), destination, { registriesD, onEvent, ...options })
      return { signatures: result.signatures, warnings }
    }

    test('is told, and an error where they are required', async () => {
      const layout = `oci:${path.join(folder, 'layout')}:v1`
      const { signatures, warnings } = await attempt(layout)
      expect(signatures).toMatchObject({ copied: 0, leftOut: expect.any(Number) })
      expect(warnings).toEqual([expect.stringContaining('signatures of the image were left behind: there is no place')])
      const other = `oci:${path.join(folder, 'other-layout')}:v1`
      const refusal = { code: 'unsupported', hint: expect.stringContaining('--remove-signatures') }
      await expect(attempt(other, { requireSignatures: true })).rejects.toMatchObject(refusal)
      expect(await attempt(other, { requireSignatures: true, removeSignatures: true })).toEqual({ warnings: [] })
      // as skopeo
      const theirs = await skopeo(
        'copy',
        '--all',
        ...plain,
        `docker://${image('signed:v1')}`,
        `oci:${path.join(folder, 'x')}:v1`,
      )
      expect(theirs.stderr).toContain('Can not copy signatures to')
    })

    test('is a manifest that changes, too', async () => {
      const [to, format] = [image('changed:v1'), 'v2s2'] as const
      await expect(attempt(to, { format, requireSignatures: true })).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('has changed'),
      })
      const { signatures, warnings } = await attempt(to, { format })
      expect(signatures).toEqual({ copied: 0, made: 0, leftOut: 3 })
      expect(warnings).toEqual([expect.stringContaining('what they are of has changed')])
      // the new manifests are signed; a platform that is as it was keeps its signature
      expect((await attempt(to, { format, signBy: key })).signatures).toEqual({ copied: 0, made: 3, leftOut: 3 })
      const platforms = [{ os: 'linux', architecture: 'amd64' }]
      const one = await attempt(image('one:v1'), { platforms, requireSignatures: true })
      expect(one.signatures).toEqual({ copied: 1, made: 0, leftOut: 0 })
    })

    test('nobody signs for', async () => {
      const bad = { code: 'bad-argument', hint: expect.stringContaining('--sign-identity') }
      const directory = `dir:${path.join(folder, 'nameless')}`
      await expect(copyImage(hello, directory, { signBy: key })).rejects.toMatchObject(bad)
      const named = { signBy: key, signIdentity: 'example.com/app:v1' }
      for (const signIdentity of ['example.com/app', 'app:v1', 'x y'])
        await expect(copyImage(hello, directory, { signBy: key, signIdentity })).rejects.toMatchObject({
          code: 'bad-argument',
        })
      await copyImage(hello, directory, named)
      const signature = await readFile(path.join(folder, 'nameless/signature-1'))
      const keys = [await readFile(path.join(folder, 'key.gpg'))]
      expect(await verifySimpleSignature(signature, { keys })).toMatchObject({ dockerReference: 'example.com/app:v1' })
      await expect(copyImage(hello, `oci:${path.join(folder, 'n')}:v1`, named)).rejects.toMatchObject({
        code: 'unsupported',
      })
    })
  })
})
