import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
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
  await walk(root, bytes, true)
  return files
}

function removed(node: Node): LadingError {
  return new LadingError('precondition-failed', `the ${node.kind} ${node.digest} is gone from the directory`, {
    hint: 'another copy wrote an image to it at the same time, and a directory holds one: copy again, to a directory of its own',
  })
}
