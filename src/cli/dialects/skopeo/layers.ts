import type { CopyOptions } from '../../../copy/index.ts'
import { LadingError } from '../../../errors/index.ts'
import { defined } from '../../defined.ts'
import type { layerOptions } from '../../layer-options.ts'

type Given = { readonly [K in keyof typeof layerOptions]: ReturnType<(typeof layerOptions)[K]['read']> } & {
  readonly destination: string
  readonly preserveDigests: boolean
}
type Settings = Pick<CopyOptions, 'compression' | 'compressionLevel' | 'recompress' | 'precomputeDigests'>

/** How layers are stored at a destination of this transport: skopeo compresses where a registry or a layout is written. */
export function skopeoLayers(given: Given, transport: string): Settings {
  const { destCompress: compress, destDecompress: decompress, destCompressFormat: format, destination } = given
  const settings: Settings = defined({
    compressionLevel: given.destCompressLevel,
    precomputeDigests: given.destPrecomputeDigests || undefined,
  })
  if (given.destForceCompressFormat && format === undefined) {
    throw new LadingError('bad-argument', '--dest-force-compress-format needs --dest-compress-format')
  }
  if (transport === 'dir') {
    if (compress && decompress) throw new LadingError('bad-argument', 'Cannot compress and decompress at the same time')
    if (decompress) return { ...settings, compression: 'none', recompress: 'all' }
    // what its source keeps unpacked stays so
    if (!compress) return { ...settings, compression: 'none' }
    return { ...settings, compression: format ?? 'gzip', recompress: format === undefined ? 'uncompressed' : 'all' }
  }
  // the archives of Docker and the storage of the containers tools say themselves what they hold
  if (['docker-archive', 'docker-daemon', 'containers-storage', 'sif', 'tarball'].includes(transport)) return settings
  if (given.preserveDigests || (transport === 'docker' && destination.includes('@'))) return settings
  if (format !== undefined) return { ...settings, compression: format, recompress: 'all' }
  const isLayout = transport === 'oci' || transport === 'oci-archive'
  if (isLayout && given.destOciAcceptUncompressedLayers) return { ...settings, compression: 'none' }
  return { ...settings, compression: 'gzip', recompress: 'uncompressed' }
}
