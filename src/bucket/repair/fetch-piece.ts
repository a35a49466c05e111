import type { CopyListener } from '../../copy/events.ts'
import { sourceBytes } from '../../copy/source-bytes.ts'
import { isLadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { type Bytes, readAll } from '../../streams/index.ts'
import type { RepairSource } from './repair-sources.ts'

/** What came of asking each source. */
export type Fetched<T> =
  | { readonly found: true; readonly value: T; readonly from: string }
  | { readonly found: false; readonly why: string }

/**
 * Fetches a node from the first source that has it, by its digest: what its name stands for there now does not matter. `take` gets its bytes,
 * which end only if they are what the digest says.
 *
 * @throws LadingError what `take` itself throws
 */
export async function fetchPiece<T>(
  node: Node,
  sources: readonly RepairSource[],
  take: (bytes: Bytes) => Promise<T>,
  listen: CopyListener,
  signal: AbortSignal,
): Promise<Fetched<T>> {
  const refusals: string[] = []
  for (const source of sources) {
    try {
      const opened = await source.open()
      return { found: true, value: await take(sourceBytes(node, opened, listen, signal)), from: source.name }
    } catch (error) {
      if (signal.aborted || !isLadingError(error)) throw error
      if (error.side !== 'source') throw error.with({ side: 'destination' })
      refusals.push(`${source.name}: ${error.message}`)
    }
  }
  return { found: false, why: refusals.length === 0 ? 'no source was asked' : refusals.join('; ') }
}

export function manifestBytes(node: Node, signal: AbortSignal): (bytes: Bytes) => Promise<Uint8Array> {
  return bytes => readAll(bytes.open(0, signal), maxManifestBytes, `the manifest ${node.digest}`)
}
