import type { Node } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { ociConfig, ociManifest } from '../model/media-types.ts'
import type { BuiltImage } from './build-image.ts'

/** An artifact in memory that refers to another manifest: `body` is its one layer. */
export function buildReferrer(
  subject: Pick<Node, 'mediaType' | 'digest' | 'size'>,
  {
    artifactType = 'application/vnd.example.note',
    body = 'a note',
    annotations,
  }: {
    readonly artifactType?: string
    readonly body?: string
    readonly annotations?: Readonly<Record<string, string>>
  } = {},
): BuiltImage {
  const { mediaType, digest, size } = subject
  const empty = bytesOf('{}')
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(empty), size: empty.byteLength }
  const layer = bytesOf(body)
  const layers = [{ mediaType: 'text/plain', digest: digestOf(layer), size: layer.byteLength }]
  const manifest = { schemaVersion: 2, mediaType: ociManifest, artifactType, config, layers, annotations }
  return builtOf({ ...manifest, subject: { mediaType, digest, size } }, [empty, layer])
}

/** An image of signatures as cosign tags it: each is a layer over one payload, told apart by its annotation. */
export function buildSignatures(payload: string, signatures: readonly string[]): BuiltImage {
  const body = bytesOf(payload)
  const layer = {
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    digest: digestOf(body),
    size: body.byteLength,
  }
  const config = bytesOf(JSON.stringify({ rootfs: { type: 'layers', diff_ids: signatures.map(() => layer.digest) } }))
  return builtOf(
    {
      schemaVersion: 2,
      mediaType: ociManifest,
      config: { mediaType: ociConfig, digest: digestOf(config), size: config.byteLength },
      layers: signatures.map(signature => ({
        ...layer,
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      })),
    },
    [config, body],
  )
}

function builtOf(manifest: unknown, contents: readonly Uint8Array[]): BuiltImage {
  const bytes = bytesOf(JSON.stringify(manifest))
  const blobs = new Map<Digest, Uint8Array>([...contents, bytes].map(content => [digestOf(content), content]))
  return { root: { kind: 'manifest', mediaType: ociManifest, digest: digestOf(bytes), size: bytes.byteLength }, blobs }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
