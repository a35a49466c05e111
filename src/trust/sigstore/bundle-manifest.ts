import { LadingError } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { parseManifest } from '../../model/manifest.ts'
import { ociManifest } from '../../model/media-types.ts'
import type { AttachedManifest } from './attached-manifest.ts'
import { bundleMediaType } from './make-bundle.ts'
import { signaturePredicate } from './statement.ts'

const emptyMediaType = 'application/vnd.oci.empty.v1+json'
/** cosign's annotation: what the statement in the bundle is. */
const predicateType = 'dev.sigstore.bundle.predicateType'
const anyBundle = /^application\/vnd\.dev\.sigstore\.bundle(\+json;version=0\.\d|\.v0\.\d\+json)$/

/** A bundle as cosign 3 attaches it: a manifest that names the image as its subject. */
export function bundleManifest(subject: Descriptor, bundle: Uint8Array, created = new Date()): AttachedManifest {
  const empty = Buffer.from('{}')
  const config = { mediaType: emptyMediaType, digest: digestOf(empty), size: empty.length }
  const layer = { mediaType: bundleMediaType, digest: digestOf(bundle), size: bundle.byteLength }
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    [predicateType]: signaturePredicate,
    'org.opencontainers.image.created': `${created.toISOString().slice(0, 19)}Z`,
  }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: ociManifest,
      artifactType: bundleMediaType,
      config,
      layers: [layer],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations,
    }),
  )
  const node: Node = {
    kind: 'manifest',
    mediaType: ociManifest,
    digest: digestOf(bytes),
    size: bytes.length,
    artifactType: bundleMediaType,
    annotations,
  }
  return {
    attachment: { by: 'referrer', node },
    bytes,
    blobs: [
      { node: { kind: 'config', ...config }, bytes: empty },
      { node: { kind: 'layer', ...layer }, bytes: bundle },
    ],
  }
}

/**
 * The bundle that a manifest holds; none where it holds something else, or says that its bundle is no signature: an attestation may be of any size.
 * What lists it may not say: the manifest is what counts.
 *
 * @throws LadingError `bad-manifest`
 */
export function readBundleManifest(bytes: Uint8Array): readonly Node[] {
  const manifest = parseManifest(bytes)
  if (manifest.kind === 'index') return []
  const [layer, ...others] = manifest.layers
  if (layer === undefined || !anyBundle.test(layer.mediaType)) return []
  if (others.length > 0) throw new LadingError('bad-manifest', 'the manifest holds more than one bundle')
  const said = manifest.annotations?.[predicateType]
  return said === undefined || said === signaturePredicate ? [layer] : []
}
