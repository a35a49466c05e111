import { execFile } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { copyImage } from '../../src/copy/index.ts'
import { parsePlatform } from '../../src/model/platform.ts'
import { imageSbom, scanImage } from '../../src/scan/index.ts'
import { buildImage, buildIndex, startFakeRegistry, writeLayout } from '../../src/testing/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { findService } from '../services/peer.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { writeStandIn } from './stand-in-scanner.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(temporaryFolder(), 'attached-'))
  vi.stubEnv('PATH', path.join(folder, 'bin'))
  vi.stubEnv('HOME', path.join(folder, 'home'))
})
afterEach(() => vi.unstubAllEnvs())

describeWithServices(['oras'], 'what oras attaches', () => {
  test('is found at its image, carried along, and not given to a scanner', async () => {
    await using registry = await startFakeRegistry()
    const image = `${registry.host}/app:v1`
    await writeLayout(path.join(folder, 'layout'), { v1: buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} }) })
    await copyImage(`oci:${path.join(folder, 'layout')}:v1`, image)
    const document = JSON.stringify({ bomFormat: 'CycloneDX', name: 'by oras' })
    await writeFile(path.join(folder, 'sbom.json'), document)
    const type = 'application/vnd.cyclonedx+json'
    const attach = [
      'attach',
      '--plain-http',
      '--artifact-type',
      type,
      '--platform',
      'linux/arm64',
      image,
      `sbom.json:${type}`,
    ]
    await promisify(execFile)(findService('oras') ?? '', attach, { cwd: folder })

    const bucket = `local://${path.join(folder, 'bucket')}//app:v1`
    await copyImage(image, bucket)
    const stand = await writeStandIn(path.join(folder, 'bin'), 'trivy', { report: '{"spdxVersion":"SPDX-2.3"}' })
    const arm = parsePlatform('linux/arm64')
    for (const from of [image, bucket]) {
      const { sbom, format, attached } = await imageSbom(from, { platform: arm })
      expect([format, attached?.by, Buffer.from(sbom).toString()]).toEqual(['cyclonedx-json', 'referrer', document])
      const other = await imageSbom(from, { platform: parsePlatform('linux/amd64') })
      expect(other.madeBy?.path).toBe(stand.seen.replace(/\.seen$/, ''))
      await scanImage(from, { platform: arm })
    }
  })
})

describeWithServices(['cosign'], 'what cosign attests', () => {
  test.each([
    ['by its tag', '--new-bundle-format=false', 'tag'],
    ['in a bundle', '--new-bundle-format=true', 'referrer'],
  ])('is found %s, and provenance is not taken for it', async (_, form, by) => {
    await using registry = await startFakeRegistry()
    const name = `${registry.host}/app:v1`
    await writeLayout(path.join(folder, 'layout'), { v1: buildImage() })
    const { digest } = await copyImage(`oci:${path.join(folder, 'layout')}:v1`, name)
    const spdx = { spdxVersion: 'SPDX-2.3', name: 'by cosign' }
    await writeFile(path.join(folder, 'provenance.json'), JSON.stringify({ builder: { id: 'x' } }))
    await writeFile(path.join(folder, 'sbom.json'), JSON.stringify(spdx))
    const cosign = (...args: string[]) =>
      promisify(execFile)(findService('cosign') ?? '', args, {
        cwd: folder,
        env: { ...process.env, COSIGN_PASSWORD: '' },
      })
    await cosign('generate-key-pair')
    const offline = [
      '--key',
      'cosign.key',
      '--use-signing-config=false',
      '--tlog-upload=false',
      '--allow-insecure-registry',
      '-y',
      form,
    ]
    const subject = `${registry.host}/app@${digest}`
    await cosign('attest', ...offline, '--type', 'slsaprovenance', '--predicate', 'provenance.json', subject)
    await cosign('attest', ...offline, '--type', 'spdxjson', '--predicate', 'sbom.json', subject)
    const bucket = `local://${path.join(folder, 'bucket')}//app:v1`
    await copyImage(name, bucket)
    for (const from of [name, bucket]) {
      const { sbom, format, attached } = await imageSbom(from)
      expect([format, attached?.by, JSON.parse(Buffer.from(sbom).toString())]).toEqual(['spdx-json', by, spdx])
    }
  })
})
