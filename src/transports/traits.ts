import type { LayerCompression } from '../model/media-types.ts'

export interface SourceTraits {
  /** `once`: a stream that comes in its own order. MUST have `receive`. */
  readonly order: 'any' | 'once'
  /**
   * Its layers are stored as uncompressed tar archives, however they were pushed, so the manifest that `resolve` gives may have been
   * made here. They are compressed on the way to a destination that holds compressed ones.
   */
  readonly unpacked: boolean
}

export interface DestinationTraits {
  /** The destination refuses a manifest whose children are missing, so a root that is there has all its graph. */
  readonly rootImpliesChildren: boolean
  /**
   * The destination stores content that nothing in it names. Then the index that a subset was chosen from is kept there, and the next
   * copy of that subset need not ask the source for it.
   */
  readonly keepsUnnamed: boolean
  /** An index with several platforms can be stored. Else one of them is chosen. */
  readonly holdsIndex: boolean
  /** An index can be stored while manifests that it names are not there. A registry says so itself. */
  readonly holdsSparseIndex: boolean
  /** What is no file system of a container can be stored too: artifacts, encrypted layers. Else it is refused before a byte moves. */
  readonly holdsArtifacts: boolean
  /** A manifest is taken without the layers whose descriptors say where else they are (`urls`). Else they are fetched from there. */
  readonly leavesOutForeign: boolean
  /** Docker's image manifest version 2 schema 1 can be stored. */
  readonly holdsSchema1: boolean
  /** How layers may be compressed here. The first is what a layer that comes unpacked is made. */
  readonly layers: readonly LayerCompression[]
  /** Whether `commit` takes `additionalTags`. */
  readonly additionalTags: boolean
}

/** The traits of a destination that keeps an image as it was pushed, whatever it is. */
export const keepsEverything = {
  rootImpliesChildren: false,
  keepsUnnamed: false,
  holdsIndex: true,
  holdsSparseIndex: true,
  holdsArtifacts: true,
  leavesOutForeign: false,
  holdsSchema1: false,
  layers: ['gzip', 'zstd', 'none'],
  additionalTags: false,
} as const satisfies DestinationTraits

/** The traits of a source that can be read in any order, as often as one likes. */
export const readAsStored = { order: 'any', unpacked: false } as const satisfies SourceTraits
