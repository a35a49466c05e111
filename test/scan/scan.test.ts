import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CopyEvent, copyImage } from '../../src/copy/index.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { scanImage } from '../../src/scan/index.ts'
import { buildImage, buildIndex, writeLayout } from '../../src/testing/index.ts'
import { runLading } from '../cli/run-lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { type StandIn, writeStandIn } from './stand-in-scanner.ts'

const host = { 'linux/amd64': { gzip: true }, 'linux/arm64': {}, 'windows/amd64': {} }
const report = JSON.stringify({
  SchemaVersion: 2,
  ArtifactName: 'LAYOUT',
  Results: [
    {
      Target: 'LAYOUT (alpine)',
      Vulnerabilities: [{ Severity: 'HIGH' }, { Severity: 'CRITICAL' }, { Severity: 'HIGH' }],
    },
    { Secrets: [{ Severity: 'LOW' }], Misconfigurations: [{ Severity: 'LOW', Status: 'PASS' }] },
  ],
})

let folder: string
let image: string
let work: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(temporaryFolder(), 'scan-'))
  work = await mkdtemp(path.join(temporaryFolder(), 'work-'))
  const bin = path.join(folder, 'bin')
  vi.stubEnv('PATH', bin)
  vi.stubEnv('HOME', path.join(folder, 'home'))
  vi.stubEnv('TMPDIR', work)
  image = `oci:${path.join(folder, 'layout')}:v1`
  await writeLayout(path.join(folder, 'layout'), {
    v1: buildIndex(host, { attestations: true }),
    plain: buildImage({ platform: 'linux/s390x' }),
  })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  expect(await readdir(work)).toEqual([])
})

const trivy = (told: StandIn) => writeStandIn(path.join(folder, 'bin'), 'trivy', told)
const library = { scanImage }
const seen = async (file: string) => JSON.parse(await readFile(file, 'utf8'))
const lading = (...args: string[]) => runLading(['scan', image, ...args], { library })

test.each(['linux/amd64', 'linux/arm64'])('Trivy is given %s of an image as a layout of its own', async platform => {
  const stand = await trivy({ report: 'all is well in LAYOUT\n' })
  const result = await scanImage(image, { platform: parsePlatform(platform) })
  const { args, layout, digest, ...rest } = await seen(stand.seen)
  expect(rest).toEqual({ platform, environment: path.dirname(layout) })
  expect(args).toEqual([
    'image',
    `--input=${layout}`,
    '--format=table',
    '--severity=UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL',
    '--exit-code=0',
    '--output=',
    '--no-progress',
  ])
  expect(result).toMatchObject({ digest, found: false, scanner: { name: 'trivy', version: '0.75.0' } })
  expect(Buffer.from(result.report).toString()).toBe(`all is well in ${result.reference}\n`)
})

test('an image that is no index is scanned whatever it is for', async () => {
  const stand = await trivy({})
  await scanImage(`oci:${path.join(folder, 'layout')}:plain`)
  expect(await seen(stand.seen)).toMatchObject({ platform: 'linux/s390x' })
})

test('nobody is warned of the signatures that a layout has no place for', async () => {
  await trivy({})
  const directory = path.join(folder, 'directory')
  await copyImage(`oci:${path.join(folder, 'layout')}:plain`, `dir:${directory}`)
  await writeFile(path.join(directory, 'signature-1'), new Uint8Array([0x99, 0x01]))
  const warnings: string[] = []
  const onEvent = (event: CopyEvent) => void (event.type === 'warning' && warnings.push(event.message))
  await scanImage(`dir:${directory}`, { onEvent })
  expect(warnings).toEqual([])
})

test('what is chosen is passed on, each value in one word', async () => {
  const stand = await trivy({})
  await scanImage(image, {
    severity: ['CRITICAL', 'MEDIUM'],
    format: 'sarif',
    ignoreUnfixed: true,
    cacheDir: '-rf $(touch x); echo',
    offline: true,
    dbRepository: '--input=/etc',
    words: ['--scanners', 'vuln'],
  })
  expect((await seen(stand.seen)).args).toEqual([
    'image',
    '--scanners',
    'vuln',
    expect.stringMatching(/^--input=/),
    '--format=sarif',
    '--severity=MEDIUM,HIGH,CRITICAL',
    '--exit-code=77',
    '--output=',
    '--no-progress',
    '--ignore-unfixed',
    '--cache-dir=-rf $(touch x); echo',
    '--skip-db-update',
    '--skip-java-db-update',
    '--offline-scan',
    '--db-repository=--input=/etc',
  ])
})

describe('the exit code', () => {
  test('is 0 where nothing was found', async () => {
    await trivy({ report: 'nothing\n' })
    expect(await lading('--severity', 'HIGH', '-q')).toEqual({ exit: 0, stdout: 'nothing\n', stderr: '' })
  })

  test('is 1 where something is at or above the lowest severity, and the report is printed', async () => {
    await trivy({ report: 'CVE-1\n', exit: 'found' })
    const { exit, stdout, stderr } = await lading('--severity', 'HIGH,CRITICAL', '-q')
    expect([exit, stdout]).toEqual([1, 'CVE-1\n'])
    expect(stderr).toContain('it has findings of the severity HIGH or above')
  })

  test('is 0 without a severity, whatever there is', async () => {
    await trivy({ report: 'CVE-1\n', exit: 'found' })
    expect(await lading('-q')).toMatchObject({ exit: 0, stdout: 'CVE-1\n' })
  })

  test.each([1, 2, 100])('is 2 where Trivy ends with %i, and nothing is printed', async exit => {
    await trivy({ report: 'half a report', says: ['FATAL\tno database\n'], exit })
    const said = await lading('--severity', 'HIGH', '-q')
    expect([said.exit, said.stdout]).toEqual([2, ''])
    expect(said.stderr).toContain(`trivy ended with ${exit}: FATAL`)
  })

  test('is 2 where Trivy ends as if it had found something, and was not asked to look', async () => {
    await trivy({ exit: 77 })
    expect(await lading()).toMatchObject({ exit: 2 })
  })

  test('is 2 without Trivy, and the flag is named', async () => {
    const { exit, stderr } = await lading('--severity', 'HIGH')
    expect(exit).toBe(2)
    expect(stderr).toContain('--install-trivy installs 0.75.0')
  })

  test('is 2 where the image is not there', async () => {
    await trivy({})
    expect(await runLading(['scan', `${image}2`], { library })).toMatchObject({ exit: 2 })
  })

  test.each([
    ['--severity', 'SEVERE'],
    ['--severity', ''],
    ['--format', 'xml'],
    ['--format', 'sarif', '--output', 'json'],
    ['--format', 'spdx-json', '--severity', 'HIGH'],
    ['--platform', 'linux/amd64,linux/arm64'],
    ['another'],
    ['--', '--exit-code=0'],
    ['--', '--severity', 'LOW'],
    ['--', '-qsLOW'],
    ['--', '--input', '/'],
    ['--', '--help'],
    ['--', '-h'],
    ['--', '--download-db-only=true'],
    ['--', '--skip-db-update', '--', 'alpine'],
  ])('is 64 for %j %j %j %j', async (...args) => {
    await trivy({})
    expect(await lading(...args)).toMatchObject({ exit: 64, stdout: '' })
  })
})

test('as JSON the report is counted', async () => {
  await trivy({ report, exit: 'found' })
  const { exit, stdout } = await lading('--severity', 'low', '--output', 'json', '-q')
  expect(exit).toBe(1)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({
    found: true,
    severities: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'],
    findings: { unknown: 0, low: 1, medium: 0, high: 2, critical: 1 },
    platforms: [expect.stringMatching(/^linux\//)],
  })
  expect(result.report.ArtifactName).toBe(result.reference)
  expect(result.report.Results[0].Target).toBe(`${result.reference} (alpine)`)
})

test.each([
  '',
  '[]',
  'not JSON',
  '{"Results":1}',
  '['.repeat(1000),
])('a report that is none is a failure: %j', async text => {
  await trivy({ report: text })
  expect(await lading('--output', 'json')).toMatchObject({ exit: 2, stdout: '' })
})

test('what Trivy says is heard while it works, and cannot move the cursor', async () => {
  await trivy({ says: ['first\nsec', 'ond \u001b[2J\rthird'], report: 'evil \u001b[2J\n' })
  const { stdout, stderr } = await lading('--progress', 'none')
  expect(stderr).toBe('first\nsecond \ufffd[2J\nthird\n')
  expect(stdout).toBe('evil \ufffd[2J\n')
})

test('which Trivy is used is told with --debug', async () => {
  await trivy({})
  const { stderr } = await lading('--debug', '-q')
  expect(stderr).toContain(`trivy 0.75.0: ${path.join(folder, 'bin/trivy')}\n`)
})

test('Trivy ends with the scan', async () => {
  await trivy({ hangs: true, says: ['started\n'] })
  const controller = new AbortController()
  const scan = scanImage(image, { signal: controller.signal, onLine: () => controller.abort() })
  await expect(scan).rejects.toMatchObject({ code: 'interrupted' })
})

test('Trivy in ~/.local/bin is found too', async () => {
  const stand = await writeStandIn(path.join(folder, 'home/.local/bin'), 'trivy', {})
  await scanImage(image)
  expect(await seen(stand.seen)).toMatchObject({ platform: expect.any(String) })
})

test('a folder in PATH that has its name is no Trivy', async () => {
  await mkdir(path.join(folder, 'bin/trivy'), { recursive: true })
  const stand = await writeStandIn(path.join(folder, 'home/.local/bin'), 'trivy', {})
  await scanImage(image)
  expect(await seen(stand.seen)).toMatchObject({ platform: expect.any(String) })
})

describe('what is no image of a container is refused before its layers are moved', () => {
  const encrypted = 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted'
  test.each([
    ['an artifact', { config: { mediaType: 'application/vnd.oci.empty.v1+json' } }, 'this is an artifact'],
    ['an encrypted image', { layers: [{ mediaType: encrypted }] }, 'an encrypted one'],
  ])('%s', async (_, changed, why) => {
    await trivy({})
    const { root, blobs } = buildImage()
    const manifest = JSON.parse(Buffer.from(blobs.get(root.digest) ?? []).toString())
    const config = { ...manifest.config, ...('config' in changed ? changed.config : {}) }
    const layers = 'layers' in changed ? [{ ...manifest.layers[0], ...changed.layers[0] }] : manifest.layers
    const layout = path.join(folder, 'odd')
    await writeLayout(layout, { v1: buildImage({ manifest: { config, layers } }) })
    await expect(scanImage(`oci:${layout}:v1`)).rejects.toMatchObject({
      code: 'unsupported',
      side: 'source',
      subject: `oci:${layout}:v1`,
      message: expect.stringContaining(why),
    })
  })
})
