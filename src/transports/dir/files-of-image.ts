import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { dockerLayerGzip, isSchema1Type } from '../../model/media-types.ts'
import { parseSchema1 } from '../../model/schema1.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { fileKey, isDigestOf, readDocument, readManifest } from './image-files.ts'

interface WalkOptions {
  /** What need not be there, and nothing below it either. */
  readonly absent?: readonly Node[] | undefined
  readonly signal: AbortSignal | undefined
  keepLock(): Promise<void>
}

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
  { absent = [], signal, keepLock }: WalkOptions,
): Promise<ReadonlySet<string>> {
  const files = new Set<string>()
  const checked = new Set<string>()
  const notCopied = new Set(absent.map(fileKey))
  const walk = async (node: Node, content: Uint8Array, needed: boolean): Promise<void> => {
    for (const child of childrenOf(parseManifest(content, node.mediaType))) {
      const key = fileKey(child)
      const isNeeded = needed && !notCopied.has(key)
      if (checked.has(key) || (files.has(key) && !isNeeded)) continue
      files.add(key)
      if (isNeeded) checked.add(key)
      await keepLock()
      if (!isManifestNode(child)) {
        if (isNeeded && (await store.head(key, { signal }))?.size !== child.size) throw removed(child)
        continue
      }
      const manifest = await readManifest(store, child, signal)
      if (manifest === undefined) {
        if (isNeeded) throw removed(child)
        continue
      }
      const own = await readDocument(store, key, signal)
      if (own === undefined || !isDigestOf(own.bytes, child.digest)) await store.put(key, manifest, { signal })
      await walk(child, manifest, isNeeded)
    }
  }
  if (isSchema1Type(root.mediaType)) await addLayers()
  else await walk(root, bytes, true)
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
