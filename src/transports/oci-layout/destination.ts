import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { type ObjectStore, putDraft, putNode } from '../../stores/index.ts'
import { bytesOf, readAll } from '../../streams/index.ts'
import { type ImageDestination, keepsEverything } from '../transport.ts'
import { checkExpectation, currentDigest } from './layout-entries.ts'
import { readLayoutIndex, writeLayoutEntry } from './layout-index.ts'
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
  const entries = async (signal?: AbortSignal) => (await readLayoutIndex(store, signal))?.document.manifests ?? []
  return {
    name,
    traits: keepsEverything,
    current: async signal => currentDigest(await entries(signal), reference.name),
    has: async (node, signal) => (await store.head(blobKey(node.digest), { signal }))?.size === node.size,
    manifest: (node, signal) => readManifest(store, node, signal),
    push: (node, bytes, signal) => putNode(store, blobKey(node.digest), node, bytes, signal),
    pushDraft: (draft, signal) => putDraft(store, draft, blobKey, signal),
    async checkCommit(root, { expect }, signal) {
      const there = await entries(signal)
      if (currentDigest(there, reference.name) !== root.digest) checkExpectation(there, reference.name, expect)
    },
    async commit(root, bytes, { expect }, signal) {
      const previous = currentDigest(await entries(signal), reference.name)
      const stored = await readManifest(store, root, signal)
      if (stored === undefined) await putNode(store, blobKey(root.digest), root, bytesOf(bytes), signal)
      const changed = await writeLayoutEntry(store, root, { name: reference.name, expect }, signal)
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
