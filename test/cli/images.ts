import type { CopyResult, ImageDescription } from '../../src/copy/index.ts'
import type { Digest } from '../../src/model/digest.ts'

/** A digest that is easy to see: one character, 64 times. */
export function digestOfLetter(letter: string): Digest {
  return `sha256:${letter.repeat(64)}`
}

export const copied: CopyResult = {
  source: 'docker.io/library/alpine:latest',
  destination: 'local://./images/alpine:latest',
  digest: digestOfLetter('a'),
  mediaType: 'application/vnd.oci.image.index.v1+json',
  sourceDigest: digestOfLetter('a'),
  changed: true,
  platforms: ['linux/amd64', 'linux/arm64/v8'],
  leftOut: [],
  attestationsLeftOut: 0,
  blobs: { copied: 5, mounted: 0, present: 0 },
  bytes: { copied: 7_400_000, mounted: 0, present: 0 },
  seconds: 3.21,
}

const layer = { digest: digestOfLetter('3'), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 3_400_000 }

export const index: ImageDescription = {
  reference: 'docker.io/library/app:v1',
  digest: digestOfLetter('a'),
  mediaType: 'application/vnd.oci.image.index.v1+json',
  size: 856,
  kind: 'index',
  annotations: { 'org.opencontainers.image.version': '1' },
  raw: Buffer.from('{"manifests":[]}'),
  platforms: [
    {
      platform: 'linux/amd64',
      digest: digestOfLetter('1'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 3_400_600,
      layers: [layer],
      config: {
        digest: digestOfLetter('2'),
        size: 600,
        platform: { os: 'linux', architecture: 'amd64' },
        diffIds: [],
        created: '2026-01-02T03:04:05Z',
        env: ['PATH=/usr/bin'],
        entrypoint: [],
        command: ['/bin/sh', '-c', 'echo hello'],
        workingDir: '/srv',
        labels: { note: 'red\u001b[31m' },
        exposedPorts: ['80/tcp'],
      },
      configBytes: Buffer.from('{"os":"linux"}'),
    },
    {
      platform: 'unknown/unknown',
      digest: digestOfLetter('4'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      size: 1200,
      attestationFor: digestOfLetter('1'),
      layers: [{ digest: digestOfLetter('5'), mediaType: 'application/vnd.in-toto+json', size: 1000 }],
    },
  ],
}
