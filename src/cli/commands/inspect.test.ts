import { describe, expect, test } from 'vitest'
import { digestOfLetter, index } from '../../../test/cli/images.ts'
import { runLading } from '../../../test/cli/run-lading.ts'
import type { ImageDescription } from '../../copy/index.ts'
import { formatPlatform, hostPlatform } from '../../model/platform.ts'

const [image, attestation] = index.platforms
if (image === undefined || attestation === undefined) throw new Error('the index of the test has two manifests')

const single: ImageDescription = {
  ...index,
  kind: 'manifest',
  digest: image.digest,
  annotations: {},
  platforms: [image],
}
const artifact: ImageDescription = {
  ...index,
  kind: 'manifest',
  digest: digestOfLetter('6'),
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  artifactType: 'application/vnd.example',
  annotations: {},
  platforms: [
    {
      digest: digestOfLetter('6'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 5,
      artifactType: 'application/vnd.example',
      layers: [{ digest: digestOfLetter('7'), mediaType: 'text/plain', size: 5 }],
    },
  ],
}

function inspect(description: ImageDescription, ...options: string[]) {
  return runLading(['inspect', ...options, 'app:v1'], { library: { inspectImage: async () => description } })
}

describe('inspect prints', () => {
  test('what is attached, and that more may be', async () => {
    const one = { subject: single.digest, digest: single.digest, mediaType: 'x', size: 1 }
    const attached = [
      { ...one, kind: 'signature', tag: 'sha256-1.sig' },
      { ...one, kind: 'signature' },
      { ...one, kind: 'sbom' },
    ] as const
    const { stdout } = await inspect({ ...single, attached, attachedProblem: 'not for\u001byou' })
    expect(stdout).toMatch(/^attached +3 \(2 signatures, 1 SBOM\)\nproblem +not for\ufffdyou$/m)
    expect(JSON.parse((await inspect({ ...single, attached }, '--output', 'json')).stdout)).toMatchObject({ attached })
  })

  test('an index platform by platform, its attestation by name', async () => {
    expect(await inspect(index)).toEqual({
      exit: 0,
      stderr: '',
      stdout: `image       docker.io/library/app:v1
digest      ${digestOfLetter('a')}
type        application/vnd.oci.image.index.v1+json
holds       1 manifest, 1 attestation
annotation  org.opencontainers.image.version=1

linux/amd64
  digest     ${digestOfLetter('1')}
  size       3.4 MB in 1 layer
  created    2026-01-02T03:04:05Z
  command    ["/bin/sh","-c","echo hello"]
  directory  /srv
  ports      80/tcp
  env        PATH=/usr/bin
  label      note=red\ufffd[31m
  layer      ${digestOfLetter('3')}   3.4 MB  application/vnd.oci.image.layer.v1.tar+gzip

attestation for linux/amd64
  digest  ${digestOfLetter('4')}
  size    1.2 kB in 1 layer
  layer   ${digestOfLetter('5')}   1.0 kB  application/vnd.in-toto+json
`,
    })
  })

  test('an artifact by its type', async () => {
    expect((await inspect(artifact)).stdout).toBe(`image     docker.io/library/app:v1
digest    ${digestOfLetter('6')}
type      application/vnd.oci.image.manifest.v1+json
artifact  application/vnd.example

application/vnd.example
  size   5 B in 1 layer
  layer  ${digestOfLetter('7')}      5 B  text/plain
`)
  })

  test('an index within an index as what it is', async () => {
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const nested = { digest: digestOfLetter('8'), mediaType, size: 0, layers: [] }
    const { stdout } = await inspect({ ...index, platforms: [nested] })
    expect(stdout).toMatch(
      /\n\nindex\n {2}digest {2}sha256:8+\n {2}type {4}application\/vnd\.oci\.image\.index\.v1\+json\n$/,
    )
  })

  test('what could not be read', async () => {
    const { config: _, ...rest } = image
    const broken = { ...rest, problem: 'its config is\u001b missing' }
    expect((await inspect({ ...index, platforms: [broken] })).stdout).toContain(`
linux/amd64
  digest   ${digestOfLetter('1')}
  problem  its config is\ufffd missing
`)
  })

  test('JSON without the bytes', async () => {
    const { stdout } = await inspect(index, '--output=json')
    const { raw: _, ...root } = index
    const { configBytes: __, ...manifest } = image
    expect(JSON.parse(stdout)).toEqual({ ...root, platforms: [manifest, attestation] })
  })

  test('the exact bytes of the root with --raw', async () => {
    expect(await inspect(index, '--raw', '--output=json')).toEqual({ exit: 0, stdout: '{"manifests":[]}', stderr: '' })
  })
})

describe('inspect --config prints', () => {
  const host = { ...image, platform: formatPlatform(hostPlatform()), configBytes: Buffer.from('host') }
  const other = { ...image, platform: 'plan9/mips', configBytes: Buffer.from('other') }

  test.each([
    ["an image's, whatever its platform", { ...single, platforms: [other] }, 'other'],
    ['the only one of an index', { ...index, platforms: [attestation, other] }, 'other'],
    [
      "that of this system's platform",
      { ...index, platforms: [{ ...other, platform: 'a b' }, attestation, host] },
      'host',
    ],
  ])('%s', async (_, description, stdout) => {
    expect(await inspect(description, '--config')).toEqual({ exit: 0, stdout, stderr: '' })
  })

  test('what there is, where there is none for this system', async () => {
    const { exit, stdout, stderr } = await inspect({ ...index, platforms: [other, other] }, '--config')
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(
      `lading: inspect docker.io/library/app:v1: there is none for ${formatPlatform(hostPlatform())}\n`,
    )
    expect(stderr).toContain(`plan9/mips is ${image.digest}`)
  })

  test('that of another system', async () => {
    const options = ['--config', '--override-os=plan9', '--override-arch=mips']
    const { stdout } = await inspect({ ...index, platforms: [host, other] }, ...options)
    expect(stdout).toBe('other')
  })

  test('an error for an artifact', async () => {
    const { exit, stderr } = await inspect(artifact, '--config')
    expect(exit).toBe(64)
    expect(stderr).toContain('it has no image configuration')
  })
})

test('inspect looks for blobs in the folder that layouts share', async () => {
  const folders: unknown[] = []
  await runLading(['inspect', '--shared-blob-dir', '/blobs', 'oci:layout'], {
    library: {
      async inspectImage(_reference, options) {
        folders.push(options?.sourceSharedBlobDir)
        return index
      },
    },
  })
  expect(folders).toEqual(['/blobs'])
})
