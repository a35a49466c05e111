import type { Digest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import { listTags } from '../list-tags.ts'
import { createTally, type Tally, tallied } from '../tally.ts'
import { tagsAtOnce } from './count-images.ts'
import { type DigestLedger, layer } from './digest-ledger.ts'
import type { ContentReader } from './read-content.ts'

/** One layer, and who shares it. */
export interface SharedLayer {
  readonly digest: Digest
  readonly bytes: number
  /** How many tags need it, everything attached by a tag counted too. */
  readonly tags: number
  /** The first of them, in the order of their names. */
  readonly names: readonly string[]
}

export interface LayerStats {
  /** The most shared first, then the largest. */
  readonly layers: readonly SharedLayer[]
  /** Layers beyond the limit. */
  readonly leftOut: number
  /** Every layer once. */
  readonly unique: Tally
  /** Every layer once for each tag that needs it. */
  readonly logicalBytes: number
}

/** So many names are told of a layer. */
const namesOfLayer = 10

/** Who shares which layers, of those that are flagged as such. Their names come with a second look at the tags. */
export async function sharedLayers(
  store: ObjectStore,
  ledger: DigestLedger,
  reader: ContentReader,
  limit: number,
  signal?: AbortSignal,
): Promise<LayerStats> {
  const unique = createTally()
  let logicalBytes = 0
  const rows = rowsOf(ledger, row => {
    unique.add(ledger.bytes.get(row))
    logicalBytes += ledger.bytes.get(row) * ledger.tags.get(row)
  })
  const chosen = mostShared(rows, ledger, limit)
  const named = await nameLayers(store, ledger, reader, chosen, signal)
  const layers = chosen.flatMap(row => named.get(row) ?? [])
  return { layers, leftOut: unique.count - layers.length, unique: tallied(unique), logicalBytes }
}

function* rowsOf(ledger: DigestLedger, see: (row: number) => void): Generator<number, void, undefined> {
  for (let row = 0; row < ledger.rows; row++) {
    if (!(ledger.flags(row) & layer)) continue
    see(row)
    yield row
  }
}

/** No more than twice the limit are held at any time. */
function mostShared(rows: Iterable<number>, { tags, bytes }: DigestLedger, limit: number): number[] {
  const order = (a: number, b: number) => tags.get(b) - tags.get(a) || bytes.get(b) - bytes.get(a) || a - b
  const best: number[] = []
  for (const row of rows) {
    best.push(row)
    if (best.length >= 2 * limit) best.sort(order).splice(limit)
  }
  return best.sort(order).slice(0, limit)
}

async function nameLayers(
  store: ObjectStore,
  ledger: DigestLedger,
  reader: ContentReader,
  chosen: readonly number[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, SharedLayer>> {
  const found = new Map<number, SharedLayer & { readonly names: string[] }>()
  if (chosen.length === 0) return found
  const isChosen = new Set(chosen)
  let wanted = chosen.reduce((sum, row) => sum + Math.min(namesOfLayer, ledger.tags.get(row)), 0)
  const contents = mapInOrder(listTags(store, '', signal), tagsAtOnce, async ({ image, tag }) => {
    const content = await reader.ofTag(image, tag)
    return content === undefined ? undefined : { name: `${image}:${tag}`, content }
  })
  for await (const { name, content } of contents) {
    for (const { digest } of content.contents) {
      // What is not in the ledger yet came meanwhile, and is none of the chosen.
      const row = ledger.flagsOf(digest) & layer ? ledger.rowOf(digest) : undefined
      if (row === undefined || !isChosen.has(row)) continue
      const known = found.get(row) ?? { digest, bytes: ledger.bytes.get(row), tags: ledger.tags.get(row), names: [] }
      found.set(row, known)
      if (known.names.length === namesOfLayer) continue
      known.names.push(name)
      wanted -= 1
    }
    if (wanted <= 0) break
  }
  return found
}
