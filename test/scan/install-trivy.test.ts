import { createHash } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { scanImage } from '../../src/scan/index.ts'
import { trivyRelease } from '../../src/scan/trivy-release.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { openReleasePlace, releasePath } from './release-place.ts'
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

let place: Awaited<ReturnType<typeof openReleasePlace>>
beforeEach(async () => {
  place = await openReleasePlace()
})
afterEach(() => place[Symbol.asyncDispose]())

const at = (file: string) => releasePath(version, file)
async function publish({
  bytes = archive,
  list = listOf(archive),
  as = {},
}: {
  bytes?: Uint8Array
  list?: string
  as?: Partial<SignedAs>
} = {}) {
  place.files.set(at(name), bytes)
  const checksums = `trivy_${version}_checksums.txt`
  place.files.set(at(checksums), list)
  const bundle = await (await sigstore).sign(Buffer.from(list), { identity: trivyIdentity(version), ...as })
  place.files.set(at(`${checksums}.sigstore.json`), bundle)
  const root = path.join(place.folder, 'trusted_root.json')
  await writeFile(root, (await sigstore).trustedRoot)
  await tellStandIn(place.target, { version: `Version: ${version}`, report: 'scanned\n' })
  return { trivyVersion: version, trustedRoot: root, installTrivy: true, checksums }
}

const refused = (why: string) => ({ code: 'untrusted', message: expect.stringContaining(why) })

test('without a trusted root it is asked for at Sigstore, and where that cannot be reached nothing is installed', async () => {
  const { trustedRoot: _, ...options } = await publish()
  vi.stubEnv('XDG_CACHE_HOME', path.join(place.folder, 'cache'))
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) vi.stubEnv(name, 'http://127.0.0.1:9')
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
  await expect(scanImage(place.image, options)).rejects.toMatchObject({
    code: 'network',
    hint: expect.stringContaining('--trusted-root'),
  })
  await place.expectNothing()
})

describe('a version that is named', () => {
  test('is installed where its checksums are signed by the workflow of that version, and used', async () => {
    const { checksums, ...options } = await publish({
      list: `${listOf(Buffer.from('other'), 'trivy_9.8.7_x.deb')}${listOf(archive)}`,
    })
    const { scanner, report } = await scanImage(place.image, options)
    expect(scanner).toEqual({ name: 'trivy', path: place.target, version })
    expect(Buffer.from(report).toString()).toBe('scanned\n')
    expect(await readFile(place.target, 'utf8')).toBe(standInProgram)
    if (process.platform !== 'win32') expect((await stat(place.target)).mode & 0o777).toBe(0o755)
    expect(place.server.log).toEqual([
      `GET ${at(checksums)}`,
      `GET ${at(`${checksums}.sigstore.json`)}`,
      `GET ${at(name)}`,
    ])
    // and the next time it is found
    await scanImage(place.image, options)
    expect(place.server.log).toHaveLength(3)
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
    await expect(scanImage(place.image, options)).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringMatching(as.issuer === undefined ? /it was signed by http/ : /expected issuer=/),
    })
    expect(place.server.log.some(line => line.endsWith(name))).toBe(false)
    await place.expectNothing()
  })

  test('is refused where another authority has signed', async () => {
    const options = await publish()
    await writeFile(options.trustedRoot, (await standInSigstore()).trustedRoot)
    await expect(scanImage(place.image, options)).rejects.toMatchObject(refused('Failed to verify certificate chain'))
    await place.expectNothing()
  })

  test('is refused where the certificate had expired when the signature was logged', async () => {
    const options = await publish()
    const late = await standInSigstore(new Date(Date.now() - 3_600_000))
    await writeFile(options.trustedRoot, late.trustedRoot)
    place.files.set(
      at(`${options.checksums}.sigstore.json`),
      await late.sign(Buffer.from(listOf(archive)), { identity: trivyIdentity(version) }),
    )
    await expect(scanImage(place.image, options)).rejects.toMatchObject(refused('certificate is not valid or expired'))
    await place.expectNothing()
  })

  test('is refused where a byte of the list is another', async () => {
    const options = await publish()
    place.files.set(at(options.checksums), listOf(Buffer.from('evil')))
    await expect(scanImage(place.image, options)).rejects.toMatchObject(refused('signature verification failed'))
    await place.expectNothing()
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
      'it is signed by a key',
      ({ verificationMaterial }) => {
        delete verificationMaterial.certificate
        verificationMaterial.publicKey = { hint: 'mine' }
      },
    ],
  ])('is refused with %s', async (_, why, change) => {
    const options = await publish()
    const file = at(`${options.checksums}.sigstore.json`)
    const bundle = JSON.parse(String(place.files.get(file)))
    change(bundle)
    place.files.set(file, JSON.stringify(bundle))
    await expect(scanImage(place.image, options)).rejects.toMatchObject(refused(why))
    await place.expectNothing()
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
    place.files.set(at(`${options.checksums}.sigstore.json`), text)
    await expect(scanImage(place.image, options)).rejects.toMatchObject({ code: 'untrusted' })
    await place.expectNothing()
  })

  test('is refused without a signature', async () => {
    const options = await publish()
    place.files.delete(at(`${options.checksums}.sigstore.json`))
    await expect(scanImage(place.image, options)).rejects.toMatchObject({ code: 'server-error', status: 404 })
    await place.expectNothing()
  })

  test.each([
    ['does not name the archive', listOf(archive, 'trivy_9.8.7_Plan9-64bit.tar.gz')],
    ['names it twice', listOf(archive) + listOf(Buffer.from('other'))],
  ])('is refused where the signed list %s', async (_, list) => {
    await expect(scanImage(place.image, await publish({ list }))).rejects.toMatchObject(
      refused('the checksums do not name'),
    )
    await place.expectNothing()
  })

  test.each([
    ['a byte is another', Buffer.concat([archive.subarray(0, -1), Buffer.from([1])])],
    ['its end is missing', archive.subarray(0, -9)],
    ['it is another archive', gzipSync(tarArchive({ name: 'trivy', body: 'evil' }))],
  ])('is refused where %s, and nothing is unpacked', async (_, bytes) => {
    await expect(scanImage(place.image, await publish({ bytes }))).rejects.toMatchObject({ code: 'digest-mismatch' })
    await place.expectNothing()
  })

  test.each([
    ['has no trivy', tarArchive({ name: 'bin/trivy', body: 'x' })],
    ['has a link in its place', tarArchive({ name: 'trivy', flag: '2', link: '/bin/sh' })],
    ['ends within it', tarArchive({ name: 'trivy', body: 'x'.repeat(2000) }).subarray(0, 1024)],
  ])('is not installed where the archive %s', async (_, tar) => {
    const bytes = gzipSync(tar)
    await expect(scanImage(place.image, await publish({ bytes, list: listOf(bytes) }))).rejects.toMatchObject({
      code: 'bad-archive',
    })
    await place.expectNothing()
  })

  test('is what is used, and not another that is installed', async () => {
    const { installTrivy, ...options } = await publish()
    await writeStandIn(path.join(place.folder, 'bin'), 'trivy', { version: 'Version: 0.75.0' })
    await expect(scanImage(place.image, options)).rejects.toMatchObject({
      code: 'program-not-found',
      message: expect.stringContaining('/bin/trivy is 0.75.0'),
    })
    expect((await scanImage(place.image, { ...options, installTrivy })).scanner).toMatchObject({
      path: place.target,
      version,
    })
  })

  test.each(['latest', 'v1.2.3', '1.2', '../1.2.3', '1.2.3\n', '0.69.4'])('cannot be %j', async trivyVersion => {
    await expect(scanImage(place.image, { trivyVersion, installTrivy: true })).rejects.toMatchObject({
      code: 'bad-argument',
    })
    expect(place.server.log).toEqual([])
  })

  test.each(['{', '{"tlogs":[{}]}', '[]'])('a trusted root that is none is an error: %j', async text => {
    const options = await publish()
    await writeFile(options.trustedRoot, text)
    await expect(scanImage(place.image, options)).rejects.toMatchObject({
      code: expect.stringMatching(/bad-config|untrusted/),
    })
    await place.expectNothing()
  })
})

test('one that was there stays whole where the new one is not', async () => {
  const bytes = gzipSync(tarArchive({ name: 'trivy', body: 'x'.repeat(2000) }).subarray(0, 1024))
  const options = await publish({ bytes, list: listOf(bytes) })
  await writeStandIn(path.dirname(place.target), 'trivy', { version: 'Version: 0.1.0' })
  await expect(scanImage(place.image, options)).rejects.toMatchObject({ code: 'bad-archive' })
  expect(await readFile(place.target, 'utf8')).toBe(standInProgram)
  expect((await readdir(path.dirname(place.target))).sort()).toEqual(['trivy', 'trivy.json'])
})
