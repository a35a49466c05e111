import { isManifestNode, type Node } from '../model/descriptor.ts'
import type { Bytes } from '../streams/index.ts'
import type { ObjectStore } from './object-store.ts'

/**
 * Stores a node's bytes, which were verified, under a key that its digest names.
 *
 * A blob that is there with its size is taken for whole: reading it would cost as much as writing it. A manifest is small, and who
 * pushes one has looked and found none that is whole: it is written, over a damaged one too.
 */
export async function putNode(
  store: ObjectStore,
  key: string,
  node: Node,
  bytes: Bytes,
  signal?: AbortSignal,
): Promise<void> {
  const { resumption } = bytes
  const body = { size: node.size, open: bytes.open.bind(bytes), ...(resumption === undefined ? {} : { resumption }) }
  await store.put(key, body, { signal, ...(isManifestNode(node) ? {} : { content: node.digest }) })
}
