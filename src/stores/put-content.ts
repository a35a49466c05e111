import { isLadingError } from '../errors/index.ts'
import { isManifestNode, type Node } from '../model/descriptor.ts'
import { digestOf, digestParts } from '../model/digest.ts'
import { maxManifestBytes } from '../model/manifest.ts'
import { type Bytes, readAll } from '../streams/index.ts'
import type { ObjectStore } from './object-store.ts'

/**
 * Stores a node's bytes, which were verified, under a key that its digest names.
 *
 * What is there already has the same content, unless its size says otherwise: then it is broken, and gives way. A manifest is small
 * enough to be read, so there a broken one gives way whatever its size.
 */
export async function putContent(
  store: ObjectStore,
  key: string,
  node: Node,
  bytes: Bytes,
  signal?: AbortSignal,
): Promise<void> {
  const content: Bytes = { size: node.size, open: bytes.open.bind(bytes) }
  try {
    await store.put(key, content, { ifNoneMatch: '*', signal })
  } catch (error) {
    if (!isLadingError(error, 'precondition-failed')) throw error
    if (!(await isIntact(store, key, node, signal))) await store.put(key, content, { signal })
  }
}

async function isIntact(store: ObjectStore, key: string, node: Node, signal?: AbortSignal): Promise<boolean> {
  if ((await store.head(key, { signal }))?.size !== node.size) return false
  if (!isManifestNode(node)) return true
  const { body } = await store.get(key, { signal })
  return digestOf(await readAll(body, maxManifestBytes, key), digestParts(node.digest).algorithm) === node.digest
}
