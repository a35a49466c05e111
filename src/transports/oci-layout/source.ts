import { LadingError } from '../../errors/index.ts'
import { type ImageSource, readAsStored } from '../transport.ts'
import { findEntry } from './layout-entries.ts'
import { fetchBlob } from './layout-files.ts'
import { readLayoutIndex } from './layout-index.ts'
import { openLayoutStores } from './open-layout.ts'
import { formatOciLayoutReference, type OciLayoutReference, ociPrefix } from './reference.ts'

export async function openOciLayoutSource(reference: OciLayoutReference, sharedBlobDir?: string): Promise<ImageSource> {
  const { store, blobs, place, close } = await openLayoutStores(reference.path, sharedBlobDir)
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
      return findEntry(index.document.manifests, reference, ociPrefix)
    },
    fetch: (node, range, signal) => fetchBlob(blobs, node, range, signal, place),
    [Symbol.asyncDispose]: close,
  }
}
