import { putDraft, putNode } from '../../stores/index.ts'
import { bytesOf } from '../../streams/index.ts'

import { type ImageDestination, keepsEverything } from '../transport.ts'
import { checkExpectation, currentDigest } from './layout-entries.ts'
import { blobKey, readStoredManifest } from './layout-files.ts'
import { readLayoutIndex, writeLayoutEntry } from './layout-index.ts'
import { refuseIndex } from './layout-locator.ts'
import { openLayoutStore } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference, ociPrefix } from './reference.ts'

/** @throws LadingError `bad-argument` for `@index` */
export async function openOciLayoutDestination(reference: OciLayoutReference): Promise<ImageDestination> {
  const name = formatOciLayoutReference(reference)
  refuseIndex(reference, ociPrefix)
  const store = await openLayoutStore(reference.path)
  const entries = async (signal?: AbortSignal) => (await readLayoutIndex(store, signal))?.document.manifests ?? []
  return {
    name,
    traits: keepsEverything,
    current: async signal => currentDigest(await entries(signal), reference.name),
    has: async (node, signal) => (await store.head(blobKey(node.digest), { signal }))?.size === node.size,
    manifest: (node, signal) => readStoredManifest(store, node, signal),
    push: (node, bytes, signal) => putNode(store, blobKey(node.digest), node, bytes, signal),
    pushDraft: (draft, signal) => putDraft(store, draft, blobKey, signal),
    async checkCommit(root, { expect }, signal) {
      const there = await entries(signal)
      if (currentDigest(there, reference.name) !== root.digest) checkExpectation(there, reference.name, expect)
    },
    async commit(root, bytes, { expect }, signal) {
      const previous = currentDigest(await entries(signal), reference.name)
      const stored = await readStoredManifest(store, root, signal)
      if (stored === undefined) await putNode(store, blobKey(root.digest), root, bytesOf(bytes), signal)
      const changed = await writeLayoutEntry(store, root, { name: reference.name, expect }, signal)
      return { changed, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
