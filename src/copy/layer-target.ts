import { LadingError } from '../errors/index.ts'
import type { LayerCompression } from '../model/media-types.ts'
import type { DestinationTraits, ImageDestination, ImageSource } from '../transports/index.ts'

/** Says what a layer that is compressed one way has to become. */
export type LayerTarget = (compression: LayerCompression) => LayerCompression

/**
 * Layers of a source that keeps them unpacked become what is wanted, else what the destination would rather have; all others stay as
 * they are wherever the destination takes them so.
 *
 * @throws LadingError `unsupported` where the destination does not take what is wanted
 */
export function layerTarget(
  source: Pick<ImageSource, 'traits'>,
  { name, traits }: Pick<ImageDestination, 'name' | 'traits'>,
  wanted: LayerCompression | undefined,
): LayerTarget {
  if (wanted !== undefined && !traits.layers.includes(wanted)) {
    throw new LadingError('unsupported', `layers cannot be compressed with ${wanted} there`, {
      side: 'destination',
      subject: name,
      hint: `it takes ${traits.layers.join(', ')}`,
    })
  }
  const [preferred = 'none'] = traits.layers
  return compression => {
    if (compression === 'none' && source.traits.unpacked) return wanted ?? preferred
    if (traits.layers.includes(compression)) return compression
    return traits.layers.includes('none') ? 'none' : preferred
  }
}

/** Whether a layer may have to change on the way: else no manifest is looked into for it. */
export function layersMayChange(source: Pick<ImageSource, 'traits'>, traits: DestinationTraits): boolean {
  const forms: readonly LayerCompression[] = ['none', 'gzip', 'zstd']
  return source.traits.unpacked || !forms.every(form => traits.layers.includes(form))
}
