import { putDraft, putNode } from '../../stores/index.ts'
import { bytesOf } from '../../streams/index.ts'

import { adoptObject } from '../adopt-object.ts'
import { type ImageDestination, keepsEverything } from '../transport.ts'
import { attachmentsAmong, type ReadManifest, withAttachment } from './attached-entries.ts'
import { checkExpectation, currentDigest } from './layout-entries.ts'
import { readStoredManifest } from './layout-files.ts'
import { changeLayoutIndex, readLayoutIndex, writeLayoutEntry } from './layout-index.ts'
import { refuseIndex } from './layout-locator.ts'
import { makeBlobsFolder, openLayoutStores } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference, ociPrefix } from './reference.ts'

/** @throws LadingError `bad-argument` for `@index` */
export async function openOciLayoutDestination(
  reference: OciLayoutReference,
  sharedBlobDir?: string,
): Promise<ImageDestination> {
  const name = formatOciLayoutReference(reference)
  refuseIndex(reference, ociPrefix)
  const { store, blobs, place, close } = await openLayoutStores(reference.path, sharedBlobDir)
  const entries = async (signal?: AbortSignal) => (await readLayoutIndex(store, signal))?.document.manifests ?? []
  const readManifest: ReadManifest = (node, signal) => readStoredManifest(blobs, node, signal, place)
  return {
    name,
    traits: keepsEverything,
    current: async signal => currentDigest(await entries(signal), reference.name),
    has: async (node, signal) => (await blobs.head(place.keyOf(node.digest), { signal }))?.size === node.size,
    manifest: (node, signal) => readStoredManifest(blobs, node, signal, place),
    push: (node, bytes, signal) => putNode(blobs, place.keyOf(node.digest), node, bytes, signal),
    adopt: (node, origin, signal) => adoptObject(blobs, place.keyOf(node.digest), node, origin, signal),
    upload: async ({ digest, size }, signal) =>
      await blobs.upload?.(place.keyOf(digest), { size, content: digest, signal }),
    pushDraft: (draft, signal) => putDraft(blobs, draft, place.keyOf, signal),
    async *attachments(subject, signal) {
      yield* attachmentsAmong(await entries(signal), subject, readManifest, signal)
    },
    async attach(subject, attachment, bytes, signal) {
      const { node } = attachment
      await putNode(blobs, place.keyOf(node.digest), node, bytesOf(bytes), signal)
      if (sharedBlobDir !== undefined) await makeBlobsFolder(reference.path)
      await changeLayoutIndex(
        store,
        async before => {
          const changed = await withAttachment(before, subject, attachment, readManifest, signal)
          const list = changed?.list
          if (list !== undefined)
            await putNode(blobs, place.keyOf(list.node.digest), list.node, bytesOf(list.bytes), signal)
          return changed?.entries
        },
        signal,
      )
    },
    async checkCommit(root, { expect }, signal) {
      const there = await entries(signal)
      if (currentDigest(there, reference.name) !== root.digest) checkExpectation(there, reference.name, expect)
    },
    async commit(root, bytes, { expect }, signal) {
      const previous = currentDigest(await entries(signal), reference.name)
      const stored = await readStoredManifest(blobs, root, signal, place)
      if (stored === undefined) await putNode(blobs, place.keyOf(root.digest), root, bytesOf(bytes), signal)
      if (sharedBlobDir !== undefined) await makeBlobsFolder(reference.path)
      const changed = await writeLayoutEntry(store, root, { name: reference.name, expect }, signal)
      return { changed, ...(previous === undefined ? {} : { previous }) }
    },
    [Symbol.asyncDispose]: close,
  }
}
