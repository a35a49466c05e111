import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ByteRange, ByteStream } from '../../streams/index.ts'
import { type ImageSource, readAsStored } from '../transport.ts'
import { findEntry } from './layout-entries.ts'
import { readLayoutIndex } from './layout-index.ts'
import { blobKey, openLayoutStore } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference } from './reference.ts'

export async function openOciLayoutSource(reference: OciLayoutReference): Promise<ImageSource> {
  const store = await openLayoutStore(reference.path)
  const name = formatOciLayoutReference(reference)
  return {
    name,
    traits: readAsStored,
    async resolve(signal) {
      const index = await readLayoutIndex(store, signal)
      if (index === undefined) {
        throw new LadingError('bucket-not-found', `${reference.path} is not an OCI layout`, {
          hint: 'an OCI layout is a directory that holds oci-layout, index.json and blobs',
        })
      }
      return findEntry(index.document.manifests, reference)
    },
    fetch: (node, range, signal) => fetchBlob(store, node, range, signal),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

async function* fetchBlob(
  store: ObjectStore,
  node: Node,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): ByteStream & AsyncGenerator<Uint8Array> {
  try {
    const { body } = await store.get(blobKey(node.digest), { signal, ...(range === undefined ? {} : { range }) })
    yield* body
  } catch (error) {
    if (!isLadingError(error, 'blob-not-found')) throw error
    throw new LadingError('blob-not-found', `the layout has no ${node.kind} ${node.digest}`, {
      cause: error,
      hint: 'the layout is incomplete: copy the image into it again',
    })
  }
}
