import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { parseManifest } from '../../model/manifest.ts'
import { ociManifest } from '../../model/media-types.ts'
import { mergeSignatureImages, signatureImage } from '../../transform/index.ts'
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
 * cosign's image of signatures with more of them: nobody's goes, and where all are there already it is that very image.
 *
 * @param existing the manifest that the tag stands for now
 * @throws LadingError `bad-manifest`
 */
export function appendSignatures(
  subject: Digest,
  existing: Uint8Array | undefined,
  signatures: readonly SigstoreSignature[],
): AttachedManifest {
  const added = signatures.map(({ mediaType, payload, annotations }) => ({
    node: { kind: 'layer', mediaType, digest: digestOf(payload), size: payload.byteLength, annotations } as const,
    bytes: payload,
  }))
  const own = signatureImage(added.map(({ node }) => node))
  // an index under the tag is none of signatures, and is not written over
  if (existing !== undefined) readSignatureImage(existing)
  const merged = existing === undefined ? 'ours' : mergeSignatureImages(existing, own.manifest)
  const { manifest, config } =
    merged === 'ours' ? own : merged === 'theirs' ? { manifest: existing ?? own.manifest, config: undefined } : merged
  const node: Node = { kind: 'manifest', mediaType: ociManifest, digest: digestOf(manifest), size: manifest.length }
  return {
    attachment: { by: 'tag', tag: signatureTag(subject), node },
    bytes: manifest,
    blobs: [
      ...added,
      ...(config === undefined
        ? []
        : [{ node: { kind: 'config', ...config.descriptor } as const, bytes: config.bytes }]),
    ],
  }
}
