import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { dockerLayerGzip, isSchema1Type } from '../../model/media-types.ts'
import { parseSchema1 } from '../../model/schema1.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { fileKey, isDigestOf, readDocument, readManifest } from './image-files.ts'

/**
 * The files of a complete image, without its root. A manifest below the root that was the directory's root until now gets a file of
 * its own.
 *
 * @throws LadingError `precondition-failed` where one is absent: it was there, or was written, when the copy was planned
 */
export async function filesOfImage(
  store: ObjectStore,
  root: Node,
  bytes: Uint8Array,
  { signal, keepLock }: { readonly signal: AbortSignal | undefined; keepLock(): Promise<void> },
): Promise<ReadonlySet<string>> {
  const files = new Set<string>()
  const walk = async (node: Node, content: Uint8Array): Promise<void> => {
    for (const child of childrenOf(parseManifest(content, node.mediaType))) {
      const key = fileKey(child)
      if (files.has(key)) continue
      files.add(key)
      await keepLock()
      if (!isManifestNode(child)) {
        if ((await store.head(key, { signal }))?.size !== child.size) throw removed(child)
        continue
      }
      const manifest = await readManifest(store, child, signal)
      if (manifest === undefined) throw removed(child)
      const own = await readDocument(store, key, signal)
      if (own === undefined || !isDigestOf(own.bytes, child.digest)) await store.put(key, manifest, { signal })
      await walk(child, manifest)
    }
  }
  if (isSchema1Type(root.mediaType)) await addLayers()
  else await walk(root, bytes)
  return files

  /** Schema 1 names nothing but layers, and no sizes. */
  async function addLayers(): Promise<void> {
    for (const { blobSum: digest } of parseSchema1(bytes).history) {
      const layer: Node = { kind: 'layer', mediaType: dockerLayerGzip, digest, size: 0 }
      await keepLock()
      if ((await store.head(fileKey(layer), { signal })) === undefined) throw removed(layer)
      files.add(fileKey(layer))
    }
  }
}

function removed(node: Node): LadingError {
  return new LadingError('precondition-failed', `the ${node.kind} ${node.digest} is gone from the directory`, {
    hint: 'another copy wrote an image to it at the same time, and a directory holds one: copy again, to a directory of its own',
  })
}
