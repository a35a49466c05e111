import { LadingError } from '../errors/index.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { parseManifest } from '../model/manifest.ts'
import { dockerManifestList, formatOfManifest, ociIndex } from '../model/media-types.ts'
import { type Converted, descriptorFields } from './convert-manifest.ts'
import { keepFields, type Raw } from './keep-fields.ts'
import { replaceManifests } from './replace-descriptors.ts'

const indexFields = {
  oci: ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'annotations'],
  v2s2: ['schemaVersion', 'mediaType', 'manifests'],
} as const
const entryFields = { oci: descriptorFields.oci, v2s2: [...descriptorFields.v2s2, 'platform'] } as const
/** OCI has `features` for the future alone. */
const ociPlatform = ['architecture', 'os', 'os.version', 'os.features', 'variant'] as const
const platformFields = { oci: ociPlatform, v2s2: [...ociPlatform, 'features'] } as const

interface RawEntry extends Raw {
  readonly digest: Digest
  readonly platform?: Raw | null
}

/**
 * The same index in the other format: Docker's manifest list is an index without annotations.
 *
 * `replacements` are the entries whose manifests were converted, by the digests that they had; `null` leaves the entry out.
 * Entries that are not named stay, of whichever format they are. Docker's format wants a platform of each entry: where the entry names
 * none, its replacement's is written, else `unknown/unknown`, as BuildKit does for what is no image.
 *
 * @throws LadingError `bad-manifest` where it is no index, `unsupported` where a manifest list cannot have an entry
 */
export function convertIndex(
  bytes: Uint8Array,
  to: 'oci' | 'v2s2',
  replacements: ReadonlyMap<Digest, Descriptor | null>,
  declaredType?: string,
): Converted {
  const index = parseManifest(bytes, declaredType)
  if (index.kind === 'manifest') throw new LadingError('bad-manifest', 'the manifest of one image is not an index')
  const same = formatOfManifest(index.mediaType) === to
  if (same && replacements.size === 0) return { bytes, mediaType: index.mediaType, dropped: [] }

  const rewritten = replaceManifests(without(bytes, replacements), present(replacements))
  if (same) return { bytes: rewritten, mediaType: index.mediaType, dropped: [] }
  const raw = parseEntries(rewritten)
  const dropped: string[] = []
  const mediaType = to === 'oci' ? ociIndex : dockerManifestList
  const platforms = platformsOf(replacements)
  const manifests = raw.manifests.map((entry, position) => {
    const path = `manifests.${position}`
    if (to === 'v2s2') requireManifest(entry, path)
    const kept = keepFields(entry, entryFields[to], path, dropped)
    const said = entry.platform ?? platforms.get(entry.digest)
    if (said === undefined && to === 'oci') return kept
    const platform = keepFields({ ...said }, platformFields[to], `${path}.platform`, dropped)
    return { ...kept, platform: to === 'oci' ? platform : { ...unknownPlatform, ...platform } }
  })
  const kept = keepFields({ ...raw, mediaType }, indexFields[to], '', dropped)
  return { bytes: encode({ ...kept, manifests }), mediaType, dropped }
}

const unknownPlatform = { architecture: 'unknown', os: 'unknown' }

function requireManifest({ mediaType }: RawEntry, path: string): void {
  const type = String(mediaType)
  if (formatOfManifest(type) !== undefined && type !== ociIndex && type !== dockerManifestList) return
  throw new LadingError(
    'unsupported',
    `Docker's manifest list names manifests of images alone, and ${path} is ${type}`,
    { hint: 'copy it to a place that takes OCI images' },
  )
}

/** The platforms that were learnt of the images themselves, by the digests that they have now. */
function platformsOf(replacements: ReadonlyMap<Digest, Descriptor | null>) {
  return new Map(
    [...replacements.values()].flatMap(now => (now?.platform ? [[now.digest, now.platform] as const] : [])),
  )
}

function present(replacements: ReadonlyMap<Digest, Descriptor | null>): ReadonlyMap<Digest, Descriptor> {
  return new Map([...replacements].flatMap(([digest, now]) => (now === null ? [] : [[digest, now] as const])))
}

function without(bytes: Uint8Array, replacements: ReadonlyMap<Digest, Descriptor | null>): Uint8Array {
  const raw = parseEntries(bytes)
  const manifests = raw.manifests.filter(({ digest }) => replacements.get(digest) !== null)
  return encode({ ...raw, manifests })
}

/** Parsed before as an index: an object with a list of descriptors, or none. */
function parseEntries(bytes: Uint8Array): { manifests: readonly RawEntry[] } {
  const raw = JSON.parse(new TextDecoder().decode(bytes)) as { manifests?: readonly RawEntry[] | null }
  return { ...raw, manifests: raw.manifests ?? [] }
}

function encode(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document))
}
