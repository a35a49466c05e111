import { blobKey } from '../../layout/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { createDigestTable } from '../digest-table.ts'
import { listBlobs } from '../list-blobs.ts'
import type { BlobState } from './image-flaw.ts'
import type { BlobShelf } from './judge-image.ts'

/** `late`: it was not there yet when the bucket was listed. */
const [there, named, damaged, recipe, late, old] = [1, 2, 4, 8, 0x10, 0x20]

/** How long a blob is left alone that nothing names: a push may be about to. */
const arrivingMs = 60 * 60 * 1000
/** Why they are damaged is kept of so many blobs; of the others, that they are. */
const maxReasons = 1000

export interface BlobCount {
  readonly blobs: number
  readonly bytes: number
}

/** Every blob of a bucket as one listing has it, at some 40 bytes each. */
export interface BlobTable extends BlobShelf {
  /** What was listed. */
  readonly listed: BlobCount
  /** What was listed and is not named by anything that was looked at; `old`: stored more than an hour ago. */
  readonly unnamed: BlobCount & { readonly old: number }
  /** What was listed and is named. */
  readonly named: BlobCount
  /** Blobs whose bytes proved wrong. */
  readonly damaged: number
  /** Says that something names it. */
  name(digest: Digest): void
  isNamed(digest: Digest): boolean
  /** Whether the bucket has it, or something in the bucket names it. */
  isKnown(digest: Digest): boolean
  /** Of the object that is there. */
  sizeOf(digest: Digest): number | undefined
  /** Why a blob is known to be damaged. */
  damageOf(digest: Digest): string | undefined
  setDamaged(digest: Digest, why: string): void
}

/** @param now by the store's clock */
export async function readBlobTable(store: ObjectStore, now: Date, signal?: AbortSignal): Promise<BlobTable> {
  const table = createDigestTable()
  let whole = createDigestTable()
  const reasons = new Map<Digest, string>()
  const listed = { blobs: 0, bytes: 0 }
  const unnamed = { blobs: 0, bytes: 0, old: 0 }
  let wrong = 0
  for await (const { digest, info } of listBlobs(store, signal)) {
    const isOld = now.getTime() - info.modified.getTime() > arrivingMs
    table.add(digest, isOld ? there | old : there, info.size)
    for (const count of [listed, unnamed]) {
      count.blobs += 1
      count.bytes += info.size
    }
    if (isOld) unnamed.old += 1
  }
  for await (const digest of listRecipes(store, signal)) table.add(digest, recipe)

  const name = (digest: Digest): number => {
    const before = table.add(digest, named)
    if ((before & there) !== 0 && (before & (named | late)) === 0) {
      unnamed.blobs -= 1
      unnamed.bytes -= table.number(digest) ?? 0
      if ((before & old) !== 0) unnamed.old -= 1
    }
    return before
  }
  const damageOf = (digest: Digest): string | undefined =>
    (table.flags(digest) & damaged) === 0 ? undefined : (reasons.get(digest) ?? 'its bytes are wrong')
  return {
    listed,
    unnamed,
    get damaged() {
      return wrong
    },
    name,
    get named() {
      return { blobs: listed.blobs - unnamed.blobs, bytes: listed.bytes - unnamed.bytes }
    },
    sizeOf: digest => ((table.flags(digest) & there) === 0 ? undefined : table.number(digest)),
    isNamed: digest => (table.flags(digest) & named) !== 0,
    isKnown: digest => (table.flags(digest) & (there | named)) !== 0,
    damageOf,
    setDamaged(digest, why) {
      if ((table.add(digest, damaged) & damaged) !== 0) return
      wrong += 1
      // Whatever was found whole may need it.
      if (whole.size > 0) whole = createDigestTable()
      if (reasons.size < maxReasons) reasons.set(digest, why)
    },
    async look({ digest, size, kind }: Node): Promise<BlobState> {
      const flags = name(digest)
      if ((flags & there) !== 0 && table.number(digest) === size) {
        const why = damageOf(digest)
        return why === undefined ? { state: 'whole' } : { state: 'damaged', why }
      }
      if ((flags & there) === 0 && (flags & recipe) !== 0 && kind === 'layer') return { state: 'chunked' }
      // A push may have brought it since the listing.
      const info = await store.head(blobKey(digest), { signal })
      if (info === undefined) return { state: 'missing' }
      table.add(digest, (flags & there) === 0 ? there | late : there, info.size)
      return info.size === size ? { state: 'whole' } : { state: 'wrong-size', actualSize: info.size }
    },
    lookAtCopy({ digest, size }) {
      const flags = name(digest)
      if ((flags & there) === 0) return { state: 'missing' }
      const actualSize = table.number(digest) ?? 0
      if (actualSize !== size) return { state: 'wrong-size', actualSize }
      const why = damageOf(digest)
      return why === undefined ? { state: 'whole' } : { state: 'damaged', why }
    },
    isWhole: ({ digest }) => whole.flags(digest) !== 0,
    setWhole: ({ digest }) => void whole.add(digest, 1),
  }
}

/** Layers that s3lo 2 keeps as lists of chunks. */
async function* listRecipes(store: ObjectStore, signal?: AbortSignal): AsyncGenerator<Digest, void, undefined> {
  const folder = 'recipes/sha256/'
  for await (const entry of store.list(folder, { signal })) {
    const digest = entry.kind === 'object' ? `sha256:${entry.info.key.slice(folder.length)}` : ''
    if (isDigest(digest)) yield digest
  }
}
