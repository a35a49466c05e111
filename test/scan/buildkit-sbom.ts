import { type Digest, digestOf, digestParts } from '../../src/model/digest.ts'
import { ociIndex, ociManifest } from '../../src/model/media-types.ts'
import { formatPlatform, type Platform } from '../../src/model/platform.ts'
import type { BuiltImage } from '../../src/testing/index.ts'

interface Entry {
  readonly digest: Digest
  readonly platform: Platform
  readonly annotations?: Readonly<Record<string, string>>
}

/** The same index, and for each image in it a document of SPDX that has the platform for its name, as BuildKit adds them. */
export function withSpdx({ root, blobs }: BuiltImage): BuiltImage {
  const all = new Map(blobs)
  const keep = (value: unknown, mediaType: string) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    const digest = digestOf(bytes)
    all.set(digest, bytes)
    return { mediaType, digest, size: bytes.byteLength }
  }
  const index: { manifests: Entry[] } = JSON.parse(Buffer.from(blobs.get(root.digest) ?? []).toString('utf8'))
  const images = index.manifests.filter(({ annotations }) => annotations === undefined)
  const added = images.map(({ digest, platform }) => {
    const statement = {
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: 'https://spdx.dev/Document',
      subject: [{ name: 'pkg:docker/app@v1', digest: { sha256: digestParts(digest).hex } }],
      predicate: { spdxVersion: 'SPDX-2.3', name: formatPlatform(platform) },
    }
    const layer = {
      ...keep(statement, 'application/vnd.in-toto+json'),
      annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' },
    }
    const config = keep({ architecture: 'unknown', os: 'unknown' }, 'application/vnd.oci.image.config.v1+json')
    return {
      ...keep({ schemaVersion: 2, mediaType: ociManifest, config, layers: [layer] }, ociManifest),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest },
    }
  })
  const made = keep({ schemaVersion: 2, mediaType: ociIndex, manifests: [...index.manifests, ...added] }, ociIndex)
  return { root: { kind: 'index', ...made }, blobs: all }
}
