import { LadingError } from '../../errors/index.ts'
import { layerTypeAs, ociLayer } from '../../model/media-types.ts'
import type { Compression } from '../../streams/index.ts'
import { shownName } from '../../streams/tar/index.ts'

/**
 * The type of a layer that is compressed so where it lies.
 *
 * @throws LadingError `unsupported` where no type says it
 */
export function layerType(compression: Compression, name: string): string {
  if (compression === 'none' || compression === 'gzip' || compression === 'zstd') {
    return layerTypeAs(ociLayer, compression)
  }
  throw new LadingError(
    'unsupported',
    `the layer ${shownName(name)} is compressed with ${compression}, and no media type says that`,
    { hint: 'give the archive to docker-archive:- on standard input: what comes once is unpacked as it comes' },
  )
}
