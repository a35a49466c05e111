import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { blobKey, readStoredManifest } from '../oci-layout/layout-files.ts'
import type { ArchivedLayout } from './archived-layout.ts'

/** What the archive that is replaced has of these entries of an index, with what is below them: the new one, whose index names them too, keeps it. */
export async function keptEntries(
  entries: readonly Node[],
  from: ArchivedLayout,
  signal: AbortSignal | undefined,
): Promise<readonly Node[]> {
  const kept: Node[] = []
  const look = async (node: Node): Promise<void> => {
    if (!isManifestNode(node)) {
      if ((await from.sizeOf(blobKey(node.digest), signal)) === node.size) kept.push(node)
      return
    }
    const bytes = await readStoredManifest(from, node, signal)
    if (bytes === undefined) return
    kept.push(node)
    for (const child of childrenOf(parseManifest(bytes, node.mediaType))) await look(child)
  }
  for (const entry of entries) await look(entry)
  return kept
}
