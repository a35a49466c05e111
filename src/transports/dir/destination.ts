import { LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import { putDraft, putNode } from '../../stores/index.ts'
import { adoptObject } from '../adopt-object.ts'
import {
  type CommitOptions,
  type Expectation,
  type ImageDestination,
  keepsEverything,
  type TransportContext,
} from '../transport.ts'
import { filesOfImage } from './files-of-image.ts'
import { type ImageDirectory, openImageDirectory } from './image-directory.ts'
import {
  blobFile,
  type Document,
  fileKey,
  isDigestOf,
  leftFiles,
  readDocument,
  readManifest,
  rootKey,
} from './image-files.ts'
import { type DirReference, formatDirReference } from './reference.ts'
import { readSignatureFiles, writeSignatureFiles } from './signature-files.ts'

/**
 * The image that the directory holds stays readable until the new one is complete. Then manifest.json is replaced, and what only the
 * image before had is removed: a directory holds one image.
 *
 * @throws LadingError `bad-layout` for a directory with other files in it
 */
export async function openDirDestination(
  reference: DirReference,
  { warn }: Pick<TransportContext, 'warn'>,
): Promise<ImageDestination> {
  const directory = await openImageDirectory(reference.path)
  const { store } = directory
  /** They are of the image to come: the one that is there keeps its own until then. */
  const signatures = new Map<Digest, readonly Uint8Array[]>()
  return {
    name: formatDirReference(reference),
    traits: { ...keepsEverything, holdsSchema1: true },
    async current(signal) {
      const root = await readDocument(store, rootKey, signal)
      return root === undefined ? undefined : manifestDigest(root.bytes)
    },
    has: async (node, signal) =>
      isManifestNode(node)
        ? (await readManifest(store, node, signal)) !== undefined
        : (await store.head(fileKey(node), { signal }))?.size === node.size,
    manifest: (node, signal) => readManifest(store, node, signal),
    async push(node, bytes, signal) {
      await directory.claim(signal)
      await putNode(store, fileKey(node), node, bytes, signal)
    },
    async adopt(node, origin, signal) {
      await directory.claim(signal)
      return await adoptObject(store, fileKey(node), node, origin, signal)
    },
    async upload(node, signal) {
      if (isManifestNode(node)) return undefined
      await directory.claim(signal)
      return await store.upload?.(fileKey(node), { size: node.size, content: node.digest, signal })
    },
    async pushDraft(draft, signal) {
      await directory.claim(signal)
      await putDraft(store, draft, blobFile, signal)
    },
    signatures: (manifest, signal) => readSignatureFiles(store, manifest, signal),
    async putSignatures(manifest, list) {
      signatures.set(manifest, list)
    },
    async checkCommit(root, { expect }, signal) {
      const there = await readDocument(store, rootKey, signal)
      if (there === undefined || !isDigestOf(there.bytes, root.digest)) checkExpectation(there, expect)
    },
    async commit(root, bytes, options, signal) {
      await directory.claim(signal)
      return await replaceImage(directory, root, bytes, { ...options, signatures, signal, warn })
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

async function replaceImage(
  directory: ImageDirectory,
  root: Node,
  bytes: Uint8Array,
  {
    expect,
    absent,
    signatures,
    signal,
    warn,
  }: CommitOptions & {
    signatures: ReadonlyMap<Digest, readonly Uint8Array[]>
    signal: AbortSignal | undefined
    warn: (message: string) => void
  },
): ReturnType<ImageDestination['commit']> {
  const { store } = directory
  // Of two copies at once, one may find a blob here that the other is about to remove. Under the lock that is seen.
  await using lock = await directory.lock(signal)
  const there = await readDocument(store, rootKey, signal)
  const previous = there && { previous: manifestDigest(there.bytes, digestParts(root.digest).algorithm) }
  if (previous?.previous === root.digest) {
    await writeSignatureFiles(store, root.digest, signatures, signal)
    return { changed: false, ...previous }
  }
  checkExpectation(there, expect)
  const found = await filesOfImage(store, root, bytes, { absent, signal, keepLock: () => lock.renew() })
  // Before the image: nobody sees it without them.
  const files = new Set([...found, ...(await writeSignatureFiles(store, root.digest, signatures, signal))])
  await lock.renew()
  await store.put(rootKey, bytes, {
    signal,
    ...(there?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: there.etag }),
  })
  try {
    for await (const key of leftFiles(store, files)) {
      await lock.renew()
      await store.delete(key)
    }
  } catch (error) {
    // The image is there, and whole.
    warn(`files of the image before could not be removed: ${error instanceof Error ? error.message : String(error)}`)
  }
  return { changed: true, ...previous }
}

/** @throws LadingError `tag-exists`, `precondition-failed` where the directory has not the image that it is expected to have */
function checkExpectation(there: Document | undefined, expect: Expectation | undefined): void {
  if (expect === undefined) return
  if (expect === 'absent') {
    if (there === undefined) return
    throw new LadingError('tag-exists', `the directory holds an image: ${manifestDigest(there.bytes)}`, {
      hint: 'choose another directory',
    })
  }
  if (there !== undefined && isDigestOf(there.bytes, expect)) return
  const has = there === undefined ? 'holds no image' : `holds ${manifestDigest(there.bytes)}`
  throw new LadingError('precondition-failed', `the directory ${has}, and was expected to hold ${expect}`)
}
