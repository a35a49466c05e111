import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { imageSbom } from '../../src/scan/index.ts'
import { buildIndex, writeLayout } from '../../src/testing/index.ts'
import { runLading } from '../cli/run-lading.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { withSpdx } from './buildkit-sbom.ts'
import { type StandIn, writeStandIn } from './stand-in-scanner.ts'

const spdx = JSON.stringify({ spdxVersion: 'SPDX-2.3', name: 'LAYOUT' })
const cyclonedx = JSON.stringify({ bomFormat: 'CycloneDX', name: 'LAYOUT' })

let folder: string
let plain: string
let attested: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(temporaryFolder(), 'sbom-'))
  vi.stubEnv('PATH', path.join(folder, 'bin'))
  vi.stubEnv('HOME', path.join(folder, 'home'))
  vi.stubEnv('TMPDIR', await mkdtemp(path.join(temporaryFolder(), 'work-')))
  const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': { gzip: true } }, { attestations: true })
  await writeLayout(path.join(folder, 'layout'), { plain: image, attested: withSpdx(image) })
  plain = `oci:${path.join(folder, 'layout')}:plain`
  attested = `oci:${path.join(folder, 'layout')}:attested`
})
afterEach(async () => {
  expect(await readdir(process.env.TMPDIR ?? '')).toEqual([])
  vi.unstubAllEnvs()
})

const tool = (name: 'trivy' | 'syft', told: StandIn) => writeStandIn(path.join(folder, 'bin'), name, told)
const seen = async (file: string) => JSON.parse(await readFile(file, 'utf8'))
const lading = (...args: string[]) => runLading(['sbom', ...args], { library: { imageSbom } })

describe('one that is attached', () => {
  test.each([
    'linux/amd64',
    'linux/arm64',
  ])('is printed, that of %s, and it is said where it comes from', async platform => {
    const { exit, stdout, stderr } = await lading('--platform', platform, attested)
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ spdxVersion: 'SPDX-2.3', name: platform })
    expect(stderr).toMatch(
      /^spdx-json, beside sha256:\S+ in its index \(sha256:\S+\); who attached it was not checked\n$/,
    )
  })

  test('is not taken where another format is wanted, or a new one', async () => {
    await tool('trivy', { report: cyclonedx })
    const other = await lading('--format', 'cyclonedx-json', attested)
    expect([other.exit, JSON.parse(other.stdout).bomFormat]).toEqual([0, 'CycloneDX'])
    await tool('trivy', { report: spdx })
    expect(JSON.parse((await lading('--generate', attested)).stdout).name).toBe(attested)
  })

  test('as JSON says both', async () => {
    const { stdout } = await lading('--output', 'json', '-q', '--platform', 'linux/amd64', attested)
    const { sbom, attached, ...rest } = JSON.parse(stdout)
    expect(rest).toEqual({
      reference: attested,
      digest: attached.subject,
      platforms: ['linux/amd64'],
      format: 'spdx-json',
    })
    expect(attached.by).toBe('index')
    expect(JSON.parse(sbom).name).toBe('linux/amd64')
  })
})

describe('where none is attached', () => {
  test('Trivy makes it, and the image has its name in it', async () => {
    const stand = await tool('trivy', { report: spdx })
    await tool('syft', { version: 'syft 1.54.1' })
    const { exit, stdout, stderr } = await lading('--platform', 'linux/arm64', plain)
    expect([exit, JSON.parse(stdout).name, stderr]).toEqual([0, plain, 'spdx-json, made by trivy 0.75.0\n'])
    const { args, layout, platform } = await seen(stand.seen)
    expect(platform).toBe('linux/arm64')
    expect(args).toEqual([
      'image',
      `--input=${layout}`,
      '--format=spdx-json',
      '--exit-code=0',
      '--output=',
      '--no-progress',
    ])
  })

  test('Syft makes it where that alone is installed, or is named', async () => {
    const stand = await tool('syft', { version: 'syft 1.54.1', report: cyclonedx })
    const format = ['--format', 'cyclonedx-json']
    expect((await lading(...format, plain)).stderr).toBe('cyclonedx-json, made by syft 1.54.1\n')
    const { args, layout } = await seen(stand.seen)
    expect(args).toEqual(['scan', `oci-dir:${layout}`, '--output=cyclonedx-json', `--source-name=${plain}`, '--quiet'])
    await tool('trivy', { report: cyclonedx })
    expect((await lading(...format, '--with', 'syft', plain)).stderr).toContain('syft')
    expect((await lading(...format, plain)).stderr).toContain('trivy')
  })

  test.each([
    [['--with', 'syft'], 'Syft is not installed'],
    [[], '--install-trivy installs'],
  ])('and nothing to make it with, that is an error: %j', async (args, why) => {
    const { exit, stdout, stderr } = await lading(...args, plain)
    expect([exit, stdout]).toEqual([6, ''])
    expect(stderr).toContain(why)
  })

  test.each(['', '{}', 'no JSON', cyclonedx])('what is made must be one: %j', async report => {
    await tool('trivy', { report })
    expect(await lading('-q', plain)).toMatchObject({ exit: 6, stdout: '' })
  })

  test('a tool that fails is an error', async () => {
    await tool('trivy', { report: spdx, exit: 77 })
    expect(await lading('-q', plain)).toMatchObject({ exit: 6, stdout: '' })
  })
})
