import { LadingError } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { goJson } from '../../model/go-json.ts'
import { parseManifest } from '../../model/manifest.ts'
import { ociConfig, ociManifest } from '../../model/media-types.ts'
import { readJson } from '../../model/read-json.ts'
import type { ImageSignature } from '../image-signature.ts'
import type { AttachedManifest } from './attached-manifest.ts'

type SigstoreSignature = Extract<ImageSignature, { format: 'sigstore' }>

/** The tag that cosign keeps the signatures of a manifest under. */
export function signatureTag(manifest: Digest): string {
  const { algorithm, hex } = digestParts(manifest)
  return `${algorithm}-${hex}.sig`
}

/** Of cosign's image of signatures, the layers: each a payload, with its signature as annotations. Nothing of it is verified. @throws LadingError `bad-manifest` */
export function readSignatureImage(bytes: Uint8Array): readonly Node[] {
  const manifest = parseManifest(bytes, ociManifest)
  if (manifest.kind === 'index')
    throw new LadingError('bad-manifest', 'signatures are kept in an image, and this is an index')
  return manifest.layers
}

/**
 * cosign's image of signatures with more of them: what is there stays, as it is, and what is there already is not added again.
 *
 * @param existing the manifest that the tag stands for now
 */
export function appendSignatures(
  subject: Digest,
  existing: Uint8Array | undefined,
  signatures: readonly SigstoreSignature[],
): AttachedManifest {
  const kept = existing === undefined ? [] : readSignatureImage(existing)
  const added = signatures.map(({ mediaType, payload, annotations }) => ({
    node: { kind: 'layer', mediaType, digest: digestOf(payload), size: payload.byteLength, annotations } as const,
    bytes: payload,
  }))
  const missing = added.filter(({ node }, at) =>
    [...kept, ...added.slice(0, at).map(one => one.node)].every(one => !isSame(one, node)),
  )
  const layers = [...keptLayers(existing), ...missing.map(({ node }) => written(node))]
  // Its diff ids are the digests, since no payload is compressed. Nothing else that a config says is said of signatures.
  const diffIds = [...kept, ...missing.map(({ node }) => node)].map(({ digest }) => digest)
  const config = Buffer.from(
    goJson({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }),
  )
  const configNode: Node = { kind: 'config', mediaType: ociConfig, digest: digestOf(config), size: config.length }
  const bytes = Buffer.from(
    goJson({
      ...(existing === undefined ? {} : (readJson(existing) as object)), // read as a manifest above
      schemaVersion: 2,
      mediaType: ociManifest,
      config: written(configNode),
      layers,
    }),
  )
  const node: Node = { kind: 'manifest', mediaType: ociManifest, digest: digestOf(bytes), size: bytes.length }
  return {
    attachment: { by: 'tag', tag: signatureTag(subject), node },
    bytes,
    blobs: [...missing, { node: configNode, bytes: config }],
  }
}

/** As they were written, with fields that nobody here knows. */
function keptLayers(existing: Uint8Array | undefined): readonly unknown[] {
  if (existing === undefined) return []
  const { layers } = readJson(existing) as { readonly layers?: readonly unknown[] | null } // read as a manifest before
  return layers ?? []
}

function written({ mediaType, size, digest, annotations }: Descriptor) {
  return { mediaType, size, digest, ...(annotations === undefined ? {} : { annotations }) }
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  const sorted = ({ annotations = {} }: Descriptor) => JSON.stringify(Object.entries(annotations).toSorted())
  return one.digest === other.digest && one.mediaType === other.mediaType && sorted(one) === sorted(other)
}
