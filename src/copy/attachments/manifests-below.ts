import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'

/** The digests of a root and of every manifest below it, without those that are not copied. Only indexes are read. */
export async function manifestsBelow(
  root: Node,
  reader: ManifestReader,
  absent: readonly Node[] = [],
  signal?: AbortSignal,
): Promise<readonly Digest[]> {
  const left = new Set(absent.map(({ digest }) => digest))
  const digests = new Set<Digest>()
  const waiting: Node[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (digests.has(node.digest) || left.has(node.digest)) continue
    digests.add(node.digest)
    if (digests.size > limits.manifestNodes) {
      throw new LadingError('too-large', `the image has more than ${limits.manifestNodes} descriptors`)
    }
    if (node.kind !== 'index') continue
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind === 'index') waiting.push(...manifest.manifests.filter(isManifestNode))
  }
  return [...digests]
}
