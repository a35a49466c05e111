import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { type ImageManifest, parseManifest } from '../model/manifest.ts'
import { ociConfig, ociManifest } from '../model/media-types.ts'
import { readJson } from '../model/read-json.ts'

/** `theirs`: it has all of ours. `ours`: ours has all of theirs. */
export type MergedSignatures = 'theirs' | 'ours' | SignatureImage

/** cosign's image of signatures or attestations, with the config that was made for it. */
export interface SignatureImage {
  readonly manifest: Uint8Array
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
}

/** One of these layers. */
export function signatureImage(layers: readonly Descriptor[]): SignatureImage {
  const written = layers.map(({ mediaType, size, digest, annotations }) => ({ mediaType, size, digest, annotations }))
  return imageOf({ schemaVersion: 2, mediaType: ociManifest }, written)
}

/**
 * One image of cosign's signatures or attestations, which are its layers, of two: what is there first, then what is new in ours. So nobody's
 * signature goes because somebody else's comes.
 *
 * The signatures of several keys are over the same payload, and differ in the annotations of their layers alone.
 *
 * @throws LadingError `bad-manifest`
 */
export function mergeSignatureImages(theirs: Uint8Array, ours: Uint8Array): MergedSignatures {
  const [there, here] = [parseManifest(theirs), parseManifest(ours)]
  // Nothing that cosign writes is an index. What is no image of signatures cannot be put together with one.
  if (there.kind === 'index' || here.kind === 'index') return 'ours'
  const [known, own] = [keysOf(there), keysOf(here)]
  if (own.every(key => known.includes(key))) return 'theirs'
  if (known.every(key => own.includes(key))) return 'ours'
  const [first, second] = [layersIn(theirs), layersIn(ours)]
  const layers = [...first, ...second.filter((_, at) => !known.includes(own[at] ?? ''))]
  // parsed above: an object
  return imageOf(readJson(theirs) as Readonly<Record<string, unknown>>, layers)
}

function imageOf(document: Readonly<Record<string, unknown>>, layers: readonly RawLayer[]): SignatureImage {
  const bytes = configOf(layers)
  const descriptor = { mediaType: ociConfig, digest: digestOf(bytes), size: bytes.byteLength }
  const manifest = new TextEncoder().encode(JSON.stringify({ ...document, config: descriptor, layers }))
  return { manifest, config: { descriptor, bytes } }
}

interface RawLayer {
  readonly digest: Digest
}

/** With every field that we do not know of. */
function layersIn(bytes: Uint8Array): readonly RawLayer[] {
  const { layers } = readJson(bytes) as { readonly layers?: readonly RawLayer[] | null } // parsed before as a manifest
  return layers ?? []
}

function keysOf({ layers }: ImageManifest): readonly string[] {
  return layers.map(({ digest, mediaType, annotations = {} }) =>
    JSON.stringify([digest, mediaType, Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))]),
  )
}

/** As cosign writes one: its layers are not compressed. */
function configOf(layers: readonly RawLayer[]): Uint8Array {
  const created = '0001-01-01T00:00:00Z'
  return new TextEncoder().encode(
    JSON.stringify({
      architecture: '',
      created,
      history: layers.map(() => ({ created })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  )
}
