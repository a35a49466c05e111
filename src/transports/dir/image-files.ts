import { isLadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { readAll } from '../../streams/index.ts'

/** The root, under no digest: what it is follows from its bytes. */
export const rootKey = 'manifest.json'

/** The name says no algorithm: so do the containers tools write it, and for sha512 they look for it. */
export function blobFile(digest: Digest): string {
  return digestParts(digest).hex
}

export function fileKey(node: Node): string {
  return isManifestNode(node) ? `${blobFile(node.digest)}.manifest.json` : blobFile(node.digest)
}

/** Files that a directory of an image may have for it, and that go with it. Signatures are those of simple signing. */
const imageFile = /^(?:(?:[a-f0-9]{64}|[a-f0-9]{128})(?:\.manifest\.json|\.signature-\d+)?|signature-\d+)$/

/** What a killed copy left of a blob whose digest it did not know yet. */
const uploads = 'lading/uploads/'
const dayMs = 24 * 60 * 60 * 1000

/** The files that belong to no image, or to another one than the one of these files, and to no copy that may still go on. */
export async function* leftFiles(
  store: ObjectStore,
  kept: ReadonlySet<string>,
): AsyncGenerator<string, void, undefined> {
  for await (const entry of store.list('', { delimiter: '/' }))
    if (entry.kind === 'object' && imageFile.test(entry.info.key) && !kept.has(entry.info.key)) yield entry.info.key
  for await (const entry of store.list(uploads))
    if (entry.kind === 'object' && Date.now() - entry.info.modified.getTime() > dayMs) yield entry.info.key
}

export function isDigestOf(bytes: Uint8Array, digest: Digest): boolean {
  return manifestDigest(bytes, digestParts(digest).algorithm) === digest
}

export interface Document {
  readonly bytes: Uint8Array
  readonly etag: string | undefined
}

/** @throws LadingError `too-large` */
export async function readDocument(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Document | undefined> {
  try {
    const { info, body } = await store.get(key, { signal })
    return { bytes: await readAll(body, maxManifestBytes, key), etag: info.etag }
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}

/** A manifest from its own file, or from the root's where it is the root. Undefined where it is absent or was damaged since. */
export async function readManifest(
  store: ObjectStore,
  node: Node,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  for (const key of [fileKey(node), rootKey]) {
    const found = await readDocument(store, key, signal)
    if (found !== undefined && isDigestOf(found.bytes, node.digest)) return found.bytes
  }
  return undefined
}
