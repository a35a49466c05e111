import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { scanImage, type TrivyOffer } from '../../src/scan/index.ts'
import { pinnedTrivy, trivyRelease } from '../../src/scan/trivy-release.ts'
import { buildImage, writeLayout } from '../../src/testing/index.ts'
import { type ScriptedServer, startScriptedServer } from '../../src/testing/scripted-server.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { runLading } from '../cli/run-lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { standInProgram, tellStandIn, writeStandIn } from './stand-in-scanner.ts'
import { type SignedAs, standInSigstore, trivyIdentity } from './stand-in-sigstore.ts'

const version = '9.8.7'
const { archive: name } = trivyRelease(version, {})
const archive = gzipSync(
  tarArchive(
    { name: 'README.md', body: 'about' },
    { name: 'contrib/trivy', body: 'no program' },
    { name: 'trivy', body: standInProgram },
  ),
)
const listOf = (bytes: Uint8Array, file = name) => `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`
const sigstore = standInSigstore()

let folder: string
let image: string
let target: string
/** What the release server has, by the path. */
let files: Map<string, Uint8Array | string>
let server: ScriptedServer

beforeEach(async () => {
  folder = await mkdtemp(path.join(temporaryFolder(), 'install-'))
  target = path.join(folder, 'home/.local/bin/trivy')
  files = new Map()
  server = await startScriptedServer(({ path: asked }, response) => {
    const file = files.get(asked)
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': Buffer.byteLength(file) }).end(file)
  })
  vi.stubEnv('PATH', path.join(folder, 'bin'))
  vi.stubEnv('HOME', path.join(folder, 'home'))
  vi.stubEnv('TMPDIR', folder)
  vi.stubEnv('LADING_TRIVY_RELEASES', `${server.origin}/mirror/`)
  image = `oci:${path.join(folder, 'layout')}:v1`
  await writeLayout(path.join(folder, 'layout'), { v1: buildImage() })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
})

const at = (file: string, of = version) => `/mirror/v${of}/${file}`
async function publish({
  bytes = archive,
  list = listOf(archive),
  as = {},
}: {
  bytes?: Uint8Array
  list?: string
  as?: Partial<SignedAs>
} = {}) {
  files.set(at(name), bytes)
  const checksums = `trivy_${version}_checksums.txt`
  files.set(at(checksums), list)
  const bundle = await (await sigstore).sign(Buffer.from(list), { identity: trivyIdentity(version), ...as })
  files.set(at(`${checksums}.sigstore.json`), bundle)
  const root = path.join(folder, 'trusted_root.json')
  await writeFile(root, (await sigstore).trustedRoot)
  await tellStandIn(target, { version: `Version: ${version}`, report: 'scanned\n' })
  return { trivyVersion: version, trustedRoot: root, installTrivy: true, checksums }
}

const refused = (why: string) => ({ code: 'untrusted', message: expect.stringContaining(why) })

/** Nothing was installed, and nothing is left of it. */
async function expectNothing() {
  const there = await readdir(path.dirname(target)).catch(() => [])
  expect(there.filter(one => one !== 'trivy.json')).toEqual([])
}

describe('a version that is named', () => {
  test('is installed where its checksums are signed by the workflow of that version, and used', async () => {
    const { checksums, ...options } = await publish({
      list: `${listOf(Buffer.from('other'), 'trivy_9.8.7_x.deb')}${listOf(archive)}`,
    })
    const { scanner, report } = await scanImage(image, options)
    expect(scanner).toEqual({ name: 'trivy', path: target, version })
    expect(Buffer.from(report).toString()).toBe('scanned\n')
    expect(await readFile(target, 'utf8')).toBe(standInProgram)
    if (process.platform !== 'win32') expect((await stat(target)).mode & 0o777).toBe(0o755)
    expect(server.log).toEqual([`GET ${at(checksums)}`, `GET ${at(`${checksums}.sigstore.json`)}`, `GET ${at(name)}`])
    // and the next time it is found
    await scanImage(image, options)
    expect(server.log).toHaveLength(3)
  })

  test.each<[string, Partial<SignedAs>]>([
    ['of another version', { identity: trivyIdentity('9.8.6') }],
    ['of a version that begins so', { identity: trivyIdentity(`${version}0`) }],
    ['whose dots are other letters', { identity: trivyIdentity('9x8x7') }],
    ['of another workflow', { identity: trivyIdentity(version).replace('reusable-release', 'test') }],
    ['of a fork', { identity: trivyIdentity(version).replace('aquasecurity', 'aquasecurity-fork') }],
    ['of a branch', { identity: trivyIdentity(version).replace('/tags/', '/heads/') }],
    ['that has more before it', { identity: `https://evil.test/?${trivyIdentity(version)}` }],
    ['that another issuer vouches for', { issuer: 'https://accounts.evil.test' }],
  ])('is refused where they are signed by one %s', async (_, as) => {
    const options = await publish({ as })
    await expect(scanImage(image, options)).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringMatching(as.issuer === undefined ? /it was signed by http/ : /expected issuer=/),
    })
    expect(server.log.some(line => line.endsWith(name))).toBe(false)
    await expectNothing()
  })

  test('is refused where another authority has signed', async () => {
    const options = await publish()
    await writeFile(options.trustedRoot, (await standInSigstore()).trustedRoot)
    await expect(scanImage(image, options)).rejects.toMatchObject(refused('Failed to verify certificate chain'))
    await expectNothing()
  })

  test('is refused where the certificate had expired when the signature was logged', async () => {
    const options = await publish()
    const late = await standInSigstore(new Date(Date.now() - 3_600_000))
    await writeFile(options.trustedRoot, late.trustedRoot)
    files.set(
      at(`${options.checksums}.sigstore.json`),
      await late.sign(Buffer.from(listOf(archive)), { identity: trivyIdentity(version) }),
    )
    await expect(scanImage(image, options)).rejects.toMatchObject(refused('certificate is not valid or expired'))
    await expectNothing()
  })

  test('is refused where a byte of the list is another', async () => {
    const options = await publish()
    files.set(at(options.checksums), listOf(Buffer.from('evil')))
    await expect(scanImage(image, options)).rejects.toMatchObject(refused('signature verification failed'))
    await expectNothing()
  })

  interface Bundle {
    verificationMaterial: { certificate?: unknown; publicKey?: unknown; tlogEntries: Record<string, unknown>[] }
    messageSignature: { signature: string }
  }
  test.each<[string, string, (bundle: Bundle) => void]>([
    [
      'a changed signature',
      'signature mismatch',
      ({ messageSignature }) => {
        messageSignature.signature = messageSignature.signature.replace(/[A-Z]/, 'a')
      },
    ],
    [
      'no entry in the log',
      'expected 1 timestamps, got 0',
      ({ verificationMaterial }) => {
        verificationMaterial.tlogEntries = []
      },
    ],
    [
      'an entry that the log has not signed',
      'inclusion promise could not be verified',
      ({ verificationMaterial: { tlogEntries } }) => {
        tlogEntries[0] = { ...tlogEntries[0], integratedTime: String(Math.floor(Date.now() / 1000) + 1) }
      },
    ],
    [
      'a key in the place of a certificate',
      'key not found',
      ({ verificationMaterial }) => {
        delete verificationMaterial.certificate
        verificationMaterial.publicKey = { hint: 'mine' }
      },
    ],
  ])('is refused with %s', async (_, why, change) => {
    const options = await publish()
    const file = at(`${options.checksums}.sigstore.json`)
    const bundle = JSON.parse(String(files.get(file)))
    change(bundle)
    files.set(file, JSON.stringify(bundle))
    await expect(scanImage(image, options)).rejects.toMatchObject(refused(why))
    await expectNothing()
  })

  test.each([
    '',
    '{}',
    'null',
    '[]',
    '{"mediaType":1}',
    '['.repeat(300),
  ])('is refused where the signature is %j', async text => {
    const options = await publish()
    files.set(at(`${options.checksums}.sigstore.json`), text)
    await expect(scanImage(image, options)).rejects.toMatchObject({ code: 'untrusted' })
    await expectNothing()
  })

  test('is refused without a signature', async () => {
    const options = await publish()
    files.delete(at(`${options.checksums}.sigstore.json`))
    await expect(scanImage(image, options)).rejects.toMatchObject({ code: 'server-error', status: 404 })
    await expectNothing()
  })

  test.each([
    ['does not name the archive', listOf(archive, 'trivy_9.8.7_Plan9-64bit.tar.gz')],
    ['names it twice', listOf(archive) + listOf(Buffer.from('other'))],
  ])('is refused where the signed list %s', async (_, list) => {
    await expect(scanImage(image, await publish({ list }))).rejects.toMatchObject(refused('the checksums do not name'))
    await expectNothing()
  })

  test.each([
    ['a byte is another', Buffer.concat([archive.subarray(0, -1), Buffer.from([1])])],
    ['its end is missing', archive.subarray(0, -9)],
    ['it is another archive', gzipSync(tarArchive({ name: 'trivy', body: 'evil' }))],
  ])('is refused where %s, and nothing is unpacked', async (_, bytes) => {
    await expect(scanImage(image, await publish({ bytes }))).rejects.toMatchObject({ code: 'digest-mismatch' })
    await expectNothing()
  })

  test.each([
    ['has no trivy', tarArchive({ name: 'bin/trivy', body: 'x' })],
    ['has a link in its place', tarArchive({ name: 'trivy', flag: '2', link: '/bin/sh' })],
    ['ends within it', tarArchive({ name: 'trivy', body: 'x'.repeat(2000) }).subarray(0, 1024)],
  ])('is not installed where the archive %s', async (_, tar) => {
    const bytes = gzipSync(tar)
    await expect(scanImage(image, await publish({ bytes, list: listOf(bytes) }))).rejects.toMatchObject({
      code: 'bad-archive',
    })
    await expectNothing()
  })

  test('is what is used, and not another that is installed', async () => {
    const { installTrivy, ...options } = await publish()
    await writeStandIn(path.join(folder, 'bin'), 'trivy', { version: 'Version: 0.75.0' })
    await expect(scanImage(image, options)).rejects.toMatchObject({
      code: 'program-not-found',
      message: expect.stringContaining('/bin/trivy is 0.75.0'),
    })
    expect((await scanImage(image, { ...options, installTrivy })).scanner).toMatchObject({ path: target, version })
  })

  test.each(['latest', 'v1.2.3', '1.2', '../1.2.3', '1.2.3\n', '0.69.4'])('cannot be %j', async trivyVersion => {
    await expect(scanImage(image, { trivyVersion, installTrivy: true })).rejects.toMatchObject({ code: 'bad-argument' })
    expect(server.log).toEqual([])
  })

  test.each(['{', '{"tlogs":[{}]}', '[]'])('a trusted root that is none is an error: %j', async text => {
    const options = await publish()
    await writeFile(options.trustedRoot, text)
    await expect(scanImage(image, options)).rejects.toMatchObject({
      code: expect.stringMatching(/bad-config|untrusted/),
    })
    await expectNothing()
  })
})

describe('the version of the source', () => {
  const pinned = trivyRelease(pinnedTrivy, {})

  test('is asked for by the digest that stands there', async () => {
    files.set(at(pinned.archive, pinnedTrivy), archive)
    await expect(scanImage(image, { installTrivy: true })).rejects.toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining(`expected sha256:${pinned.sha256}`),
    })
    await expectNothing()
  })

  test('has a digest for every machine that it is installed on', () => {
    const digests = ['linux', 'darwin'].flatMap(platform =>
      ['x64', 'arm64'].map(architecture => trivyRelease(pinnedTrivy, {}, { platform, architecture }).sha256),
    )
    expect(new Set(digests).size).toBe(4)
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(() => trivyRelease(pinnedTrivy, {}, { platform: 'linux', architecture: 's390x' })).toThrow(
      'not installed for linux',
    )
  })

  test('is offered with its size and where to, and a no is an error', async () => {
    files.set(at(pinned.archive, pinnedTrivy), archive)
    const offers: TrivyOffer[] = []
    const installTrivy = async (offer: TrivyOffer) => offers.push(offer) < 0
    await expect(scanImage(image, { installTrivy })).rejects.toMatchObject({ code: 'program-not-found' })
    const url = `${server.origin}${at(pinned.archive, pinnedTrivy)}`
    expect(offers).toEqual([{ version: pinnedTrivy, url, target, sizeBytes: archive.byteLength }])
    expect(server.log).toEqual([`HEAD ${at(pinned.archive, pinnedTrivy)}`])
    await expectNothing()
  })

  test('a release that is not there is named', async () => {
    const { exit, stderr } = await runLading(['scan', '--install-trivy', image], { library: { scanImage } })
    expect(exit).toBe(2)
    expect(stderr).toContain(`${at(pinned.archive, pinnedTrivy)}: the server of the release answered 404`)
  })
})

test('one that was there stays whole where the new one is not', async () => {
  const bytes = gzipSync(tarArchive({ name: 'trivy', body: 'x'.repeat(2000) }).subarray(0, 1024))
  const options = await publish({ bytes, list: listOf(bytes) })
  await writeStandIn(path.dirname(target), 'trivy', { version: 'Version: 0.1.0' })
  await expect(scanImage(image, options)).rejects.toMatchObject({ code: 'bad-archive' })
  expect(await readFile(target, 'utf8')).toBe(standInProgram)
  expect((await readdir(path.dirname(target))).sort()).toEqual(['trivy', 'trivy.json'])
})
