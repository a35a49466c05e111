import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyImage, inspectImage, isLadingError } from '../../src/index.ts'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type GnupgHome, openGnupgHome } from '../services/gnupg-home.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { requirementTable, scopeTable } from './policy-tables.ts'

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
type Verdict = 'accepted' | 'rejected' | 'invalid'

describeWithServices(['docker-registry', 'gpg', 'skopeo'], 'a policy is what skopeo takes it for', () => {
  let gnupg: GnupgHome
  let registry: RegistryServer
  let folder: string
  let registriesD: string
  const before = process.env.GNUPGHOME
  let made = 0
  const at = (name: string) => path.join(folder, name)
  const fresh = () => at(`made-${++made}`)

  beforeAll(async () => {
    gnupg = openGnupgHome()
    process.env.GNUPGHOME = gnupg.home
    registry = await startRegistry()
    folder = await newFolder()
    const key = await gnupg.newKey('signer <signer@example.com>')
    await gnupg.newKey('other <other@example.com>')
    await writeFile(at('key.gpg'), await gnupg.run('--export', 'signer@example.com'))
    await writeFile(at('other.gpg'), await gnupg.run('--export', 'other@example.com'))
    await writeFile(at('both.asc'), await gnupg.run('--armor', '--export'))
    await writeFile(at('garbage.gpg'), 'no key')
    await writeFile(at('passphrase'), 'secret')
    for (const name of ['ours', 'others'])
      await peer('skopeo').run([
        'generate-sigstore-key',
        '--output-prefix',
        at(name),
        '--passphrase-file',
        at('passphrase'),
      ])
    registriesD = at('registries.d')
    await mkdir(registriesD)
    const place = [
      'docker:',
      `  "${registry.host}":`,
      `    lookaside: file://${folder}/lookaside`,
      '    use-sigstore-attachments: true',
    ]
    await writeFile(path.join(registriesD, 'a.yaml'), place.join('\n'))
    const one = { platforms: [{ os: 'linux', architecture: 'amd64' }] }
    await copyImage(hello, `dir:${at('plain')}`, one)
    await copyImage(hello, `oci:${at('layout')}:v1`, one)
    const signIdentity = 'registry.example.com/a/b:1'
    await copyImage(hello, `dir:${at('signed')}`, { ...one, signBy: key, signIdentity })
    await copyImage(hello, `${registry.host}/a/b:1`, { ...one, registriesD, signBy: key })
    // moved to another tag, with the signatures that it has
    await copyImage(`${registry.host}/a/b:1`, `${registry.host}/a/b:2`, { registriesD })
    await copyImage(`${registry.host}/a/b:1`, `${registry.host}/a/c:1`, { registriesD })
    await peer('skopeo').run([
      ...['--registries.d', registriesD, '--insecure-policy', 'copy', '--dest-tls-verify=false'],
      ...['--sign-by-sigstore-private-key', at('ours.private'), '--sign-passphrase-file', at('passphrase')],
      ...[`dir:${at('plain')}`, `docker://${registry.host}/s/b:1`],
    ])
    await peer('skopeo').run([
      ...['--insecure-policy', 'copy', '--sign-identity', signIdentity],
      ...['--sign-by-sigstore-private-key', at('ours.private'), '--sign-passphrase-file', at('passphrase')],
      ...[`dir:${at('plain')}`, `dir:${at('sigstore')}`],
    ])
  }, 60_000)
  afterAll(async () => {
    if (before === undefined) delete process.env.GNUPGHOME
    else process.env.GNUPGHOME = before
    gnupg?.close()
    await registry?.[Symbol.asyncDispose]()
  })

  /** Places of this run stand for what a table calls them. */
  const placed = (text: string) => text.replaceAll('@FOLDER@', folder).replaceAll('@HOST@', registry.host)

  async function verdicts(document: string, source: string, ...more: string[]) {
    const file = `${fresh()}.json`
    await writeFile(file, placed(document))
    const [from, to] = [placed(source), [`dir:${fresh()}`, `dir:${fresh()}`]]
    const words = [
      '--policy',
      file,
      '--registries.d',
      registriesD,
      'copy',
      '--src-tls-verify=false',
      ...more,
      from,
      to[0] ?? '',
    ]
    const [theirs, ours] = await Promise.all([
      peer('skopeo').attempt(words, { env: { GNUPGHOME: gnupg.home } }),
      copyImage(from, to[1] ?? '', { policy: { file }, registriesD, referrers: false }).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ])
    return { skopeo: verdictOf(theirs), lading: ownVerdict(ours) }
  }

  function verdictOf({ code, stderr }: { readonly code: number; readonly stderr: string }): Verdict {
    if (code === 0) return 'accepted'
    if (stderr.includes('Error loading trust policy')) return 'invalid'
    if (stderr.includes('Source image rejected')) return 'rejected'
    throw new Error(stderr)
  }

  function ownVerdict(error: unknown): Verdict {
    if (error === undefined) return 'accepted'
    if (isLadingError(error, 'untrusted')) return 'rejected'
    if (isLadingError(error, 'bad-config')) return error.message.startsWith('invalid policy') ? 'invalid' : 'rejected'
    throw error
  }

  describe('by its requirements', () => {
    test.each(requirementTable)('%s: %s', async (source, requirements, expected) => {
      const document = requirements.startsWith('{') ? requirements : `{"default":${requirements}}`
      expect(await verdicts(document, source)).toEqual({ skopeo: expected, lading: expected })
    })
  })

  describe('of a list', () => {
    test.each<[string, readonly string[], boolean, Verdict]>([
      ['all of it', ['amd64', 'arm64'], true, 'accepted'],
      ['its images', ['amd64', 'arm64'], false, 'accepted'],
      ['one of two images', ['amd64'], true, 'rejected'],
      ['the list alone', [], true, 'rejected'],
    ])('of which is signed: %s', async (name, architectures, withList, expected) => {
      const repository = `${registry.host}/lists/${name.replaceAll(' ', '-')}`
      const of = (architecture: string) => ({ os: 'linux', architecture })
      await copyImage(hello, `${repository}:1`, { platforms: [of('amd64'), of('arm64')], registriesD })
      const signing = { registriesD, signBy: 'signer@example.com', signIdentity: `${repository}:1` }
      for (const architecture of architectures)
        await copyImage(`${repository}:1`, `${repository}:${architecture}`, {
          platforms: [of(architecture)],
          ...signing,
        })
      if (withList) await signList(`${repository}:1`, signing)
      const document = JSON.stringify({
        default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '@FOLDER@/key.gpg' }],
      })
      const source = `docker://${repository}:1`
      expect(await verdicts(document, source, '--all')).toEqual({ skopeo: expected, lading: expected })
    })

    /** The list itself, without its images. */
    async function signList(image: string, signing: { readonly signBy: string; readonly signIdentity: string }) {
      const manifest = fresh()
      await writeFile(manifest, (await inspectImage(image)).raw)
      const { digest } = await inspectImage(image)
      const output = fresh()
      const words = ['standalone-sign', '-o', output, manifest, signing.signIdentity, signing.signBy]
      await peer('skopeo').run(words, { env: { GNUPGHOME: gnupg.home } })
      const repository = image.slice(registry.host.length + 1, image.lastIndexOf(':'))
      const place = at(`lookaside/${repository}@${digest.replace(':', '=')}`)
      await mkdir(place, { recursive: true })
      await rename(output, path.join(place, 'signature-1'))
    }
  })

  describe('by its scopes', () => {
    test.each(scopeTable)('%s: %s %j', async (source, transport, scope, expected) => {
      const [accept, reject] = [[{ type: 'insecureAcceptAnything' }], [{ type: 'reject' }]]
      const document = JSON.stringify({ default: accept, transports: { [transport]: { [scope]: reject } } })
      expect(await verdicts(document, source)).toEqual({ skopeo: expected, lading: expected })
    })
  })
})
