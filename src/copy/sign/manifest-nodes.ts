import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'

/** The root and every manifest and index below it, each once; the root is the first. */
export async function manifestNodes(
  root: Node,
  reader: ManifestReader,
  signal?: AbortSignal,
): Promise<readonly Node[]> {
  const found = new Map<Digest, Node>([[root.digest, root]])
  for (const node of found.values()) {
    if (node.kind !== 'index') continue
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind !== 'index') continue
    for (const child of manifest.manifests.filter(isManifestNode)) {
      if (!found.has(child.digest)) found.set(child.digest, child)
    }
    if (found.size > limits.manifestNodes) {
      throw new LadingError('too-large', `the image has more than ${limits.manifestNodes} descriptors`)
    }
  }
  return [...found.values()]
}
