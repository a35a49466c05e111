import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { type ObjectStore, putNode } from '../../stores/index.ts'
import { bytesOf, readAll } from '../../streams/index.ts'
import type { ImageDestination } from '../transport.ts'
import { currentDigest, readLayoutIndex, writeLayoutEntry } from './layout-index.ts'
import { blobKey, openLayoutStore } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference } from './reference.ts'

/** @throws LadingError `bad-argument` for `@index`: a position is given by the layout, not by who writes */
export async function openOciLayoutDestination(reference: OciLayoutReference): Promise<ImageDestination> {
  const name = formatOciLayoutReference(reference)
  if (reference.index !== undefined) {
    throw new LadingError('bad-argument', 'a position in index.json can be read, not written', {
      subject: name,
      hint: `give the image a name: oci:${reference.path}:NAME`,
    })
  }
  const store = await openLayoutStore(reference.path)
  return {
    name,
    traits: { rootImpliesChildren: false, keepsUnnamed: false },
    current: async signal => currentDigest(await readLayoutIndex(store, signal), reference.name),
    has: async (node, signal) => (await store.head(blobKey(node.digest), { signal }))?.size === node.size,
    manifest: (node, signal) => readManifest(store, node, signal),
    push: (node, bytes, signal) => putNode(store, blobKey(node.digest), node, bytes, signal),
    async commit(root, bytes, _options, signal) {
      const previous = currentDigest(await readLayoutIndex(store, signal), reference.name)
      const stored = await readManifest(store, root, signal)
      if (stored === undefined) await putNode(store, blobKey(root.digest), root, bytesOf(bytes), signal)
      const changed = await writeLayoutEntry(store, root, reference.name, signal)
      return { changed, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

/** A file that is absent, or was damaged since: both are written again. */
async function readManifest(store: ObjectStore, node: Node, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const { info, body } = await store.get(blobKey(node.digest), { signal })
    if (info.size !== node.size) return undefined
    const bytes = await readAll(body, node.size, `the manifest ${node.digest}`)
    return digestOf(bytes, digestParts(node.digest).algorithm) === node.digest ? bytes : undefined
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}
