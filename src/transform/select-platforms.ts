import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../model/digest.ts'
import type { ImageIndex } from '../model/manifest.ts'
import { formatPlatform, type Platform, platformMatches } from '../model/platform.ts'
import { type PlatformMatching, platformRank } from '../model/platform-rank.ts'

/** What BuildKit writes on an index's entry for the attestations of another entry. */
const referenceType = 'vnd.docker.reference.type'
const referenceDigest = 'vnd.docker.reference.digest'

/** The image that an attestation manifest speaks of, or `undefined` for any other entry of an index. */
export function attestedDigest(entry: Node): string | undefined {
  return entry.annotations?.[referenceType] === 'attestation-manifest' ? entry.annotations[referenceDigest] : undefined
}

/** An index entry and the platform it is for: what its descriptor says, else what its config says. */
export interface PlatformEntry {
  readonly node: Node
  readonly platform: Platform | undefined
}

/** What becomes of an index of which some platforms only are copied: it is written again without the others, or it keeps its bytes. */
export type SubsetIndex = 'rewritten' | 'sparse'

export interface Selection {
  /** The new root. Where nothing had to be left out, the old one. */
  readonly root: Node
  /** The bytes of a rewritten index. Absent: the root's own bytes are as they were. */
  readonly bytes?: Uint8Array
  readonly kept: readonly string[]
  readonly leftOut: readonly string[]
  /** Attestation manifests of kept images that a single-platform image cannot hold. */
  readonly attestationsLeftOut: number
  /** Entries of a sparse index that are not copied with it. */
  readonly absent?: readonly Node[]
}

export interface SelectOptions {
  /** Default: exact. */
  readonly matching?: PlatformMatching | undefined
  /** Default: rewritten. */
  readonly index?: SubsetIndex | undefined
  /** Of two images for one platform, which differ in how their layers are compressed, the one with zstd. Default: the first. */
  readonly prefer?: 'zstd' | 'gzip' | undefined
}

/**
 * Chooses from an index: one platform, however often it is named, gives that platform's manifest; several give an index rewritten without the others. The
 * attestations of what is kept stay in a rewritten index. A sparse index stays as it is, whatever is chosen.
 *
 * @throws LadingError `platform-not-found`, naming what there is, where a wanted platform is absent
 */
export function selectPlatforms(
  root: Node,
  bytes: Uint8Array,
  entries: readonly PlatformEntry[],
  wanted: readonly Platform[],
  { matching = 'exact', index = 'rewritten', prefer }: SelectOptions = {},
): Selection {
  const images = entries.filter(({ node }) => attestedDigest(node) === undefined)
  const named = images.filter(({ platform }) => platform !== undefined)
  const bestFor = (want: Platform): readonly PlatformEntry[] => {
    const ranks = images.map(entry => rankOf(want, entry, matching))
    const best = Math.min(...ranks)
    if (best === Number.POSITIVE_INFINITY) throw noMatch(want, named)
    return images.filter((_, position) => ranks[position] === best)
  }
  const matches = wanted.map(bestFor)
  const name = ({ platform }: PlatformEntry) => (platform === undefined ? 'unknown' : formatPlatform(platform))

  const asked = new Set(matches.map(those => preferred(those, prefer)))
  const single = asked.size === 1 && index === 'rewritten' ? [...asked][0] : undefined
  if (single !== undefined) {
    return {
      root: single.node,
      kept: [name(single)],
      leftOut: named.filter(image => image !== single).map(name),
      attestationsLeftOut: entries.filter(({ node }) => attestedDigest(node) === single.node.digest).length,
    }
  }

  const kept = images.filter(image => matches.some(those => those.includes(image)))
  const leftOut = named.filter(image => !kept.includes(image))
  const keptDigests = new Set<string>(kept.map(({ node }) => node.digest))
  const stays = ({ node }: PlatformEntry) => keptDigests.has(node.digest) || keptDigests.has(attestedDigest(node) ?? '')
  const names = { kept: kept.map(name), leftOut: leftOut.map(name), attestationsLeftOut: 0 }
  if (entries.every(stays)) return { root, ...names }
  if (index === 'sparse') {
    return { root, ...names, absent: entries.filter(entry => !stays(entry)).map(({ node }) => node) }
  }
  const positions = new Set(entries.flatMap((entry, position) => (stays(entry) ? [position] : [])))
  const rewritten = rewriteIndex(bytes, positions)
  const digest: Digest = digestOf(rewritten, digestParts(root.digest).algorithm)
  return { root: { ...root, digest, size: rewritten.byteLength }, bytes: rewritten, ...names }
}

/** For the containers tools an entry that names no platform is for all, and the last that they take. */
function rankOf(want: Platform, { node, platform }: PlatformEntry, matching: PlatformMatching): number {
  if (platform !== undefined) return platformRank(want, platform, matching) ?? Number.POSITIVE_INFINITY
  const forAll = matching === 'compatible' && node.platform === undefined
  return forAll ? Number.MAX_SAFE_INTEGER : Number.POSITIVE_INFINITY
}

/** What the containers tools write on the entry whose layers are compressed with zstd, where another has them with gzip. */
const zstdMark = 'io.github.containers.compression.zstd'

function preferred(entries: readonly PlatformEntry[], prefer: SelectOptions['prefer']): PlatformEntry | undefined {
  const marked = ({ node }: PlatformEntry) => node.annotations?.[zstdMark] === 'true'
  return entries.find(entry => prefer !== undefined && marked(entry) === (prefer === 'zstd')) ?? entries[0]
}

/** @throws LadingError `platform-not-found` where a plain image is for another platform than the one wanted */
export function requirePlatform(wanted: readonly Platform[], offered: Platform | undefined): void {
  for (const want of wanted) {
    if (offered === undefined || !platformMatches(want, offered)) {
      throw noMatch(want, offered === undefined ? [] : [{ platform: offered }])
    }
  }
}

/** The entries of an index with the platforms that its descriptors name. */
export function entriesOf(index: ImageIndex): PlatformEntry[] {
  return index.manifests.map(node => ({ node, platform: usable(node.platform) }))
}

/** BuildKit marks what is no image with `unknown/unknown`. */
function usable(platform: Platform | undefined): Platform | undefined {
  return platform === undefined || platform.os === '' || platform.os === 'unknown' ? undefined : platform
}

/** Everything that we do not know of stays as it was: fields are kept, only entries go. */
function rewriteIndex(bytes: Uint8Array, keep: ReadonlySet<number>): Uint8Array {
  // parsed before as an index: an object with an array of manifests
  const value = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: unknown[] }
  const manifests = value.manifests.filter((_, position) => keep.has(position))
  return new TextEncoder().encode(JSON.stringify({ ...value, manifests }))
}

function noMatch(want: Platform, images: readonly { platform: Platform | undefined }[]): LadingError {
  const offered = [
    ...new Set(images.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))),
  ]
  return new LadingError('platform-not-found', `the image has no ${formatPlatform(want)}`, {
    hint: offered.length === 0 ? 'it names no platform at all: leave --platform out' : `it has ${offered.join(', ')}`,
  })
}
