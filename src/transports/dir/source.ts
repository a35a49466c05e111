import { isLadingError, LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { detectMediaType } from '../../model/manifest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import { isIndexType } from '../../model/media-types.ts'
import { type ObjectStore, openStore } from '../../stores/index.ts'
import type { ByteRange, ByteStream } from '../../streams/index.ts'
import { objectOrigin } from '../adopt-object.ts'
import { type ImageSource, readAsStored } from '../transport.ts'
import { fileKey, isDigestOf, readDocument, rootKey } from './image-files.ts'
import { type DirReference, formatDirReference } from './reference.ts'
import { readSignatureFiles } from './signature-files.ts'

export async function openDirSource(reference: DirReference): Promise<ImageSource> {
  const store = await openStore({ scheme: 'local', root: reference.path })
  return {
    name: formatDirReference(reference),
    traits: readAsStored,
    async resolve(signal) {
      const root = await readDocument(store, rootKey, signal)
      if (root === undefined) {
        throw new LadingError('image-not-found', `there is no ${rootKey} in ${reference.path}`, {
          hint: 'a directory written by `skopeo copy … dir:PATH` or `lading copy … dir:PATH` has one; oci:PATH reads OCI layouts',
        })
      }
      const mediaType = detectMediaType(root.bytes)
      return {
        kind: isIndexType(mediaType) ? 'index' : 'manifest',
        mediaType,
        digest: manifestDigest(root.bytes),
        size: root.bytes.byteLength,
      }
    },
    fetch: (node, range, signal) => fetchNode(store, node, range, signal),
    signatures: (manifest, signal) => readSignatureFiles(store, manifest, signal),
    origin: node => objectOrigin(store, fileKey(node)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

async function* fetchNode(
  store: ObjectStore,
  node: Node,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): ByteStream & AsyncGenerator<Uint8Array> {
  try {
    const key = await keyOf(store, node, signal)
    const { body } = await store.get(key, { signal, ...(range === undefined ? {} : { range }) })
    yield* body
  } catch (error) {
    if (!isLadingError(error, 'blob-not-found')) throw error
    throw new LadingError('blob-not-found', `the directory has no ${node.kind} ${node.digest}`, {
      cause: error,
      hint: 'the image in it is incomplete: copy it there again (of an image for several platforms, skopeo copies one unless --all is given)',
    })
  }
}

/** The root's manifest stands under its own name alone. */
async function keyOf(store: ObjectStore, node: Node, signal: AbortSignal | undefined): Promise<string> {
  const key = fileKey(node)
  if (!isManifestNode(node) || (await store.head(key, { signal })) !== undefined) return key
  const root = await readDocument(store, rootKey, signal)
  return root !== undefined && isDigestOf(root.bytes, node.digest) ? rootKey : key
}
