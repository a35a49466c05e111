import type { Descriptor } from './descriptor.ts'
import { type LayerCompression, layerCompression } from './media-types.ts'

/** How a layer is stored. `zstd:chunked` is zstd whose files can be fetched one by one: what says so are its annotations. */
export type LayerForm = LayerCompression | 'zstd:chunked'

/** containers/storage, zstd:chunked: the table of contents, which readers believe only with this checksum. */
const chunkedChecksum = 'io.github.containers.zstd-chunked.manifest-checksum'

/** The form of a layer, or `undefined` where it is no layer of a root file system (or is encrypted). */
export function layerForm({
  mediaType,
  annotations,
}: Pick<Descriptor, 'mediaType' | 'annotations'>): LayerForm | undefined {
  const compression = layerCompression(mediaType)
  return compression === 'zstd' && annotations?.[chunkedChecksum] !== undefined ? 'zstd:chunked' : compression
}

/** What the bytes of a layer in this form are compressed with. */
export function compressionOf(form: LayerForm): LayerCompression {
  return form === 'zstd:chunked' ? 'zstd' : form
}
