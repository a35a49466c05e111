import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { encryptionAnnotations } from './encryption/wrapped-keys.ts'

/** Annotations that speak of the bytes of a layer as they were: its table of contents for lazy pulling, its encryption. */
const annotationsOfBytes = [
  encryptionAnnotations,
  'io.github.containers.zstd-chunked.',
  'io.containers.zstd-chunked.',
  'containerd.io/snapshot/stargz/',
  'io.containers.estargz.',
]
/** What BuildKit writes on the entry of an attestation: the image that it speaks of. */
const referenceDigest = 'vnd.docker.reference.digest'

interface RawDescriptor {
  readonly digest: Digest
  readonly annotations?: Readonly<Record<string, string>> | null
  readonly [field: string]: unknown
}

/** A manifest with other bytes for some of its layers. Everything that we do not know of stays as it was. */
export function replaceLayers(manifest: Uint8Array, layers: ReadonlyMap<Digest, Descriptor>): Uint8Array {
  return replaceIn(manifest, 'layers', descriptor => {
    const replacement = layers.get(descriptor.digest)
    return replacement === undefined ? descriptor : replaced(withoutWordsOfBytes(descriptor), replacement)
  })
}

/** An index with other manifests for some of its entries; attestations go on speaking of the image that they spoke of. */
export function replaceManifests(index: Uint8Array, manifests: ReadonlyMap<Digest, Descriptor>): Uint8Array {
  return replaceIn(index, 'manifests', descriptor => {
    const replacement = manifests.get(descriptor.digest)
    const moved = replacement === undefined ? descriptor : replaced(descriptor, replacement)
    const subject = manifests.get((moved.annotations?.[referenceDigest] ?? '') as Digest)
    return subject === undefined
      ? moved
      : { ...moved, annotations: { ...moved.annotations, [referenceDigest]: subject.digest } }
  })
}

function replaceIn(
  document: Uint8Array,
  field: 'layers' | 'manifests',
  replace: (descriptor: RawDescriptor) => RawDescriptor,
): Uint8Array {
  // parsed before as a manifest or an index: an object with an array of descriptors, or without one
  const value = JSON.parse(new TextDecoder().decode(document)) as Partial<
    Record<string, readonly RawDescriptor[] | null>
  >
  return new TextEncoder().encode(JSON.stringify({ ...value, [field]: (value[field] ?? []).map(replace) }))
}

function replaced(descriptor: RawDescriptor, { mediaType, digest, size, annotations }: Descriptor): RawDescriptor {
  const said = annotations === undefined ? {} : { annotations: { ...descriptor.annotations, ...annotations } }
  return { ...descriptor, mediaType, digest, size, ...said }
}

/** The places in `urls` have the bytes as they were, too. */
function withoutWordsOfBytes(descriptor: RawDescriptor): RawDescriptor {
  const { annotations, urls: _, ...rest } = descriptor
  const kept = Object.entries(annotations ?? {}).filter(
    ([name]) => !annotationsOfBytes.some(prefix => name.startsWith(prefix)),
  )
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) }
}
