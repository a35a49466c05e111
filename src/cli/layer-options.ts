import type { CopyOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import { defined } from './defined.ts'
import { choice, flag, integer } from './options.ts'

/** How layers are stored at the destination: the words of skopeo-copy(1). */
export const layerOptions = {
  destCompress: flag({
    description: 'Compress the layers that are stored uncompressed, with gzip or what --dest-compress-format says.',
  }),
  destDecompress: flag({ description: 'Store all layers uncompressed.' }),
  destCompressFormat: choice(['gzip', 'zstd', 'zstd:chunked'], {
    default: undefined,
    description:
      'Store all layers compressed with this, also those that are compressed otherwise. With --dest-compress only those that are uncompressed. ' +
      'With zstd:chunked podman can pull single files of a layer.',
  }),
  destCompressLevel: integer({
    value: 'LEVEL',
    description: '1 to 9 for gzip, 1 to 20 for zstd, for layers that are compressed on the way. Default: 4 and 3.',
  }),
  destForceCompressFormat: flag({
    description: 'With --dest-compress-format: all layers, whatever --dest-compress says.',
  }),
  destOciAcceptUncompressedLayers: flag({
    description:
      'Leave layers uncompressed in oci: and oci-archive: that their source keeps so, as docker-archive: does.',
  }),
  destPrecomputeDigests: flag({
    description:
      'Send no layer that is compressed on the way before its digest is known, through a temporary file: it may be there already.',
  }),
} as const

type Given = { readonly [K in keyof typeof layerOptions]: ReturnType<(typeof layerOptions)[K]['read']> } & {
  readonly destination: string
}
type Settings = Pick<CopyOptions, 'compression' | 'compressionLevel' | 'recompress' | 'precomputeDigests'>

/** @throws LadingError `bad-argument` where two of them say different things */
export function layersOf(given: Given): Settings {
  const { destCompress, destDecompress, destCompressFormat: format, destForceCompressFormat: force } = given
  if (destDecompress && (destCompress || format !== undefined)) {
    throw new LadingError('bad-argument', '--dest-decompress and a way to compress cannot be given together', {
      hint: 'layers are stored one way: keep one',
    })
  }
  if (force && format === undefined) {
    throw new LadingError('bad-argument', '--dest-force-compress-format needs --dest-compress-format')
  }
  const rest = defined({
    compressionLevel: given.destCompressLevel,
    precomputeDigests: given.destPrecomputeDigests || undefined,
  })
  if (destDecompress) return { ...rest, compression: 'none', recompress: 'all' }
  if (format !== undefined)
    return { ...rest, compression: format, recompress: destCompress && !force ? 'uncompressed' : 'all' }
  if (destCompress) return { ...rest, compression: 'gzip', recompress: 'uncompressed' }
  const isLayout = /^oci(-archive)?:/.test(given.destination)
  return given.destOciAcceptUncompressedLayers && isLayout ? { ...rest, compression: 'none' } : rest
}
