import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { scanImage, type TrivyOffer } from '../../src/scan/index.ts'
import { pinnedTrivy, trivyRelease } from '../../src/scan/trivy-release.ts'
import { tarArchive } from '../../src/testing/tar-blocks.ts'
import { runLading } from '../cli/run-lading.ts'
import { openReleasePlace, releasePath } from './release-place.ts'
import { standInProgram } from './stand-in-scanner.ts'

const archive = gzipSync(tarArchive({ name: 'trivy', body: standInProgram }))

let place: Awaited<ReturnType<typeof openReleasePlace>>
beforeEach(async () => {
  place = await openReleasePlace()
})
afterEach(() => place[Symbol.asyncDispose]())

describe('the version of the source', () => {
  const pinned = trivyRelease(pinnedTrivy, {})

  test('is asked for by the digest that stands there', async () => {
    place.files.set(releasePath(pinnedTrivy, pinned.archive), archive)
    await expect(scanImage(place.image, { installTrivy: true })).rejects.toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining(`expected sha256:${pinned.sha256}`),
    })
    await place.expectNothing()
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
    place.files.set(releasePath(pinnedTrivy, pinned.archive), archive)
    const offers: TrivyOffer[] = []
    const installTrivy = async (offer: TrivyOffer) => offers.push(offer) < 0
    await expect(scanImage(place.image, { installTrivy })).rejects.toMatchObject({ code: 'program-not-found' })
    const url = `${place.server.origin}${releasePath(pinnedTrivy, pinned.archive)}`
    expect(offers).toEqual([{ version: pinnedTrivy, url, target: place.target, sizeBytes: archive.byteLength }])
    expect(place.server.log).toEqual([`HEAD ${releasePath(pinnedTrivy, pinned.archive)}`])
    await place.expectNothing()
  })

  test('a secret in the address of a mirror is not shown', async () => {
    vi.stubEnv('LADING_TRIVY_RELEASES', place.server.origin.replace('//', '//user:pass-word-9@'))
    const offers: TrivyOffer[] = []
    const scan = scanImage(place.image, { installTrivy: async offer => offers.push(offer) > 0 })
    const error = await scan.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ name: 'LadingError', operation: 'download' })
    expect(offers).toHaveLength(1)
    expect(JSON.stringify([offers, error, String(error)])).not.toContain('pass-word-9')
  })

  test.each([
    'nonsense',
    'file:///srv/trivy',
    'ftp://mirror.test',
  ])('a mirror that is no server is refused: %s', async at => {
    vi.stubEnv('LADING_TRIVY_RELEASES', at)
    await expect(scanImage(place.image, { installTrivy: true })).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('LADING_TRIVY_RELEASES'),
    })
  })

  test('a release that is not there is named', async () => {
    const { exit, stderr } = await runLading(['scan', '--install-trivy', place.image], { library: { scanImage } })
    expect(exit).toBe(2)
    expect(stderr).toMatch(/^installing Trivy 0\.75\.0 as \S+, from \S+\n/)
    expect(stderr).toContain(`${releasePath(pinnedTrivy, pinned.archive)}: the server of the release answered 404`)
  })
})
