import type { Digest } from '../model/digest.ts'
import type { CopyResult } from './copy-options.ts'
import type { Moved } from './run.ts'
import type { StoredLayer } from './store-layer.ts'

type Totals = Pick<CopyResult, 'blobs' | 'bytes'>

export const unmoved: Totals = {
  blobs: { copied: 0, mounted: 0, present: 0 },
  bytes: { copied: 0, mounted: 0, present: 0 },
}

/** What was stored before the plan was made, each blob once. */
export function movedLayers(stored: ReadonlyMap<Digest, StoredLayer>): Pick<Totals, 'blobs' | 'bytes'> {
  const each = [...new Map([...stored.values()].map(layer => [layer.digest, layer])).values()]
  const fresh = each.filter(layer => layer.fresh)
  const present = each.filter(layer => !layer.fresh)
  const bytes = (layers: readonly StoredLayer[]) => layers.reduce((sum, { size }) => sum + size, 0)
  return {
    blobs: { copied: fresh.length, mounted: 0, present: present.length },
    bytes: { copied: bytes(fresh), mounted: 0, present: bytes(present) },
  }
}

export function totals(moved: Moved, { blobs, bytes }: Totals): Totals {
  return {
    blobs: {
      copied: blobs.copied + moved.copied,
      mounted: moved.mounted,
      present: blobs.present + moved.present,
    },
    bytes: {
      copied: bytes.copied + moved.bytesCopied,
      mounted: moved.bytesMounted,
      present: bytes.present + moved.bytesPresent,
    },
  }
}

export function addMoved(one: Moved, other: Moved): Moved {
  return {
    copied: one.copied + other.copied,
    mounted: one.mounted + other.mounted,
    present: one.present + other.present,
    bytesCopied: one.bytesCopied + other.bytesCopied,
    bytesMounted: one.bytesMounted + other.bytesMounted,
    bytesPresent: one.bytesPresent + other.bytesPresent,
  }
}
