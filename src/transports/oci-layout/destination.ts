import { isLadingError, LadingError } from '../../errors/index.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { putContent } from '../../stores/index.ts'
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
    async manifest(node, signal) {
      try {
        const { info, body } = await store.get(blobKey(node.digest), { signal })
        if (info.size !== node.size) return undefined
        const bytes = await readAll(body, node.size, `the manifest ${node.digest}`)
        // A file that was damaged since is not there: it is written again.
        return digestOf(bytes, digestParts(node.digest).algorithm) === node.digest ? bytes : undefined
      } catch (error) {
        if (isLadingError(error, 'blob-not-found')) return undefined
        throw error
      }
    },
    push: (node, bytes, signal) => putContent(store, blobKey(node.digest), node, bytes, signal),
    async commit(root, bytes, _options, signal) {
      const previous = currentDigest(await readLayoutIndex(store, signal), reference.name)
      await putContent(store, blobKey(root.digest), root, bytesOf(bytes), signal)
      const changed = await writeLayoutEntry(store, root, reference.name, signal)
      return { changed, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
