import { LadingError } from '../../errors/index.ts'
import { objectOrigin } from '../adopt-object.ts'
import { type ImageSource, readAsStored } from '../transport.ts'
import { attachmentsAmong, imagesAmong, type ReadManifest } from './attached-entries.ts'
import { type Entry, entryNames, findEntry } from './layout-entries.ts'
import { fetchBlob, readStoredManifest } from './layout-files.ts'
import { readLayoutIndex } from './layout-index.ts'
import { openLayoutStores } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference, ociPrefix } from './reference.ts'

export async function openOciLayoutSource(reference: OciLayoutReference, sharedBlobDir?: string): Promise<ImageSource> {
  const { store, blobs, place, close } = await openLayoutStores(reference.path, sharedBlobDir)
  const name = formatOciLayoutReference(reference)
  async function entries(signal?: AbortSignal): Promise<readonly Entry[]> {
    const index = await readLayoutIndex(store, signal)
    if (index !== undefined) return index.document.manifests
    throw notALayout(reference)
  }
  const readManifest: ReadManifest = (node, signal) => readStoredManifest(blobs, node, signal, place)
  return {
    name,
    traits: readAsStored,
    async resolve(signal) {
      const all = await entries(signal)
      const isNamed = reference.name !== undefined || reference.index !== undefined
      return findEntry(isNamed ? all : await imagesAmong(all, readManifest, signal), reference, ociPrefix)
    },
    async *attachments(subject, signal) {
      yield* attachmentsAmong(await entries(signal), subject, readManifest, signal)
    },
    async *tags(signal) {
      yield* entryNames(await entries(signal))
    },
    fetch: (node, range, signal) => fetchBlob(blobs, node, range, signal, place),
    origin: node => objectOrigin(blobs, place.keyOf(node.digest)),
    [Symbol.asyncDispose]: close,
  }
}

export function notALayout({ path }: OciLayoutReference): LadingError {
  return new LadingError('bucket-not-found', `${path} is not an OCI layout`, {
    hint: 'an OCI layout is a directory that holds oci-layout, index.json and blobs',
  })
}
