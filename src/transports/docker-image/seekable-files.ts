import type { Descriptor } from '../../model/descriptor.ts'
import { createDigester, type Digest } from '../../model/digest.ts'
import { type RandomAccess, readAll, sniffCompression, sniffedBytes } from '../../streams/index.ts'
import { type FileExtent, shownName, type TarIndex } from '../../streams/tar/index.ts'
import { digestOfBlob } from '../archive/collect-archive.ts'
import { type ArchiveFiles, maxDocumentBytes, tooLargeDocument } from './archive-files.ts'
import { layerType } from './layer-type.ts'

/** The files of an archive of which any part can be read. A layer is read only where it is compressed, and no name says its digest. */
export function seekableFiles(file: RandomAccess, index: TarIndex): ArchiveFiles {
  const read = ({ start, size }: FileExtent, upTo = size, signal?: AbortSignal) =>
    file.read(start, start + Math.min(upTo, size), signal)
  return {
    size: name => index.find(name)?.size,
    async document(name, signal) {
      const found = index.find(name)
      if (found === undefined) return undefined
      if (found.size > maxDocumentBytes) throw tooLargeDocument(shownName(name), found.size)
      return await readAll(read(found, found.size, signal), found.size, shownName(name))
    },
    async layer(name, diffId, signal): Promise<Descriptor | undefined> {
      const found = index.find(name)
      if (found === undefined) return undefined
      const { size } = found
      const first = await readAll(read(found, sniffedBytes, signal), sniffedBytes, shownName(name))
      const compression = sniffCompression(first)
      const mediaType = layerType(compression, name)
      if (compression === 'none') return { mediaType, digest: diffId, size }
      return { mediaType, digest: digestOfBlob(name) ?? (await digestBytes(read(found, size, signal))), size }
    },
  }
}

async function digestBytes(stream: AsyncIterable<Uint8Array>): Promise<Digest> {
  const digester = createDigester()
  for await (const chunk of stream) digester.update(chunk)
  return digester.digest()
}
