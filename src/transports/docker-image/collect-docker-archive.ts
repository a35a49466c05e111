import { LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { ociLayer } from '../../model/media-types.ts'
import { sniffCompression } from '../../streams/index.ts'
import { type ArrivingEntry, shownName } from '../../streams/tar/index.ts'
import {
  type CollectedFile,
  collectArchive,
  digestOfBlob,
  type FileRole,
  type NamedDigest,
} from '../archive/collect-archive.ts'
import type { TakeLayer } from '../transport.ts'
import { type ArchiveFiles, blobName, maxDocumentBytes, tooLargeDocument } from './archive-files.ts'
import { layerType } from './layer-type.ts'

/** What is left of a Docker archive that has come and gone. */
export interface CollectedDockerArchive extends ArchiveFiles {
  /** A document that lies in the archive as a blob, by its digest: a manifest of the image's own, and what it names. */
  kept(digest: Digest): Uint8Array | undefined
}

/**
 * Reads an archive that comes once, as `docker save` sends it: gives the layers to `take` as they come, and keeps the documents.
 *
 * @param digestOf what the name of a layer tells of its digest, where the name says more than `digestOfLayerName` knows
 * @throws what `take` throws; LadingError `bad-archive`
 */
export async function collectDockerArchive(
  entries: AsyncIterable<ArrivingEntry>,
  take: TakeLayer,
  digestOf: NamedDigest = digestOfLayerName,
): Promise<CollectedDockerArchive> {
  const archive = await collectArchive(entries, roleOf, take, digestOf)
  return {
    kept(digest) {
      const file = archive.find(blobName(digest))
      return file?.kind === 'document' ? file.bytes : undefined
    },
    size(name) {
      const file = archive.find(name)
      return file?.kind === 'document' ? file.bytes.byteLength : file?.size
    },
    async document(name) {
      const file = archive.find(name)
      if (file === undefined || file.kind === 'document') return file?.bytes
      if (file.size > maxDocumentBytes) throw tooLargeDocument(shownName(name), file.size)
      throw new LadingError(
        'bad-archive',
        file.kind === 'layer'
          ? `${shownName(name)} is no JSON document`
          : `${shownName(name)} was passed over: there are more documents in the archive than are kept in memory`,
      )
    },
    async layer(name, diffId) {
      const file = archive.find(name)
      if (file === undefined || file.kind === 'layer') return file && layerOf(name, diffId, file)
      throw new LadingError('bad-archive', `${shownName(name)} is a document, and no layer`)
    },
  }
}

/** As the OCI image layout names a blob, and as the containers tools name an uncompressed layer. */
export function digestOfLayerName(path: string, start: Uint8Array): Digest | undefined {
  const digest = `sha256:${/^([a-f0-9]{64})\.tar$/.exec(path)?.[1]}`
  // What is compressed may still have the name of what it was.
  return isDigest(digest) && sniffCompression(start) === 'none' ? digest : digestOfBlob(path)
}

/** By name, as far as that tells it. What Docker before 1.10 needed says nothing that is not said elsewhere. */
function roleOf(path: string): FileRole {
  const base = path.slice(path.lastIndexOf('/') + 1)
  if (base === 'json' || base === 'VERSION') return 'nothing'
  return base.endsWith('.json') || path === 'oci-layout' || path === 'repositories' ? 'document' : 'blob'
}

function layerOf(name: string, diffId: Digest, { digest, size, start }: Extract<CollectedFile, { kind: 'layer' }>) {
  const compression = sniffCompression(start)
  if (compression === 'none' && digest !== diffId) {
    throw new LadingError('digest-mismatch', `the layer ${shownName(name)} is ${digest}, and its config says ${diffId}`)
  }
  // What no type can say has been unpacked by whoever took it.
  const mediaType = compression === 'bzip2' || compression === 'xz' ? ociLayer : layerType(compression, name)
  return { mediaType, digest, size }
}
