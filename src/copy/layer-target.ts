import { LadingError } from '../errors/index.ts'
import { compressionOf, type LayerForm } from '../model/layer-form.ts'
import type { LayerCompression } from '../model/media-types.ts'
import { checkLevel } from '../streams/index.ts'
import type { DestinationTraits, ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'

/** Says what a layer in one form has to become. */
export type LayerTarget = (form: LayerForm) => LayerForm

type Wanted = Pick<CopyOptions, 'compression' | 'compressionLevel' | 'recompress' | 'format'>

/**
 * Layers of a source that keeps them unpacked become what is wanted, else what the destination would rather have; those that
 * `recompress` speaks of become what is wanted; all others stay as they are wherever the destination takes them so.
 *
 * @throws LadingError `unsupported` where the destination or the format does not take what is wanted, `bad-argument` for a level that
 * the compression has not
 */
export function layerTarget(
  source: Pick<ImageSource, 'traits'>,
  destination: Pick<ImageDestination, 'name' | 'traits'>,
  options: Wanted,
): LayerTarget {
  const { compression: wanted, recompress } = options
  const taken = layersTaken(destination.traits, options)
  requireTaken(destination, options, taken)
  const [preferred = 'none'] = taken
  const compressor = compressionOf(wanted ?? preferred)
  if (options.compressionLevel !== undefined && compressor !== 'none') checkLevel(compressor, options.compressionLevel)
  return form => {
    if (form === 'none' && source.traits.unpacked) return wanted ?? preferred
    if (wanted !== undefined && (recompress === 'all' || (recompress === 'uncompressed' && form === 'none'))) {
      return compressionOf(form) === wanted ? form : wanted
    }
    if (taken.includes(compressionOf(form))) return form
    // Unpacking costs less than compressing; but where the format alone is in the way, layers are better kept compressed.
    const held = destination.traits.layers.includes(compressionOf(form))
    return taken.includes('none') && !held ? 'none' : preferred
  }
}

/** Whether a layer may have to change on the way: else no manifest is looked into for it. */
export function layersMayChange(
  source: Pick<ImageSource, 'traits'>,
  traits: DestinationTraits,
  options: Wanted,
): boolean {
  const forms: readonly LayerCompression[] = ['none', 'gzip', 'zstd']
  const taken = layersTaken(traits, options)
  return source.traits.unpacked || options.recompress !== undefined || !forms.every(form => taken.includes(form))
}

/** Which compressions can be stored. Docker's manifest formats have no name for zstd. */
export function layersTaken(
  { layers }: DestinationTraits,
  { format }: Pick<Wanted, 'format'>,
): readonly LayerCompression[] {
  return format === undefined || format === 'oci' ? layers : layers.filter(form => form !== 'zstd')
}

function requireTaken(
  { name, traits }: Pick<ImageDestination, 'name' | 'traits'>,
  { compression, format }: Wanted,
  taken: readonly LayerCompression[],
): void {
  if (compression === undefined || taken.includes(compressionOf(compression))) return
  if (traits.layers.includes(compressionOf(compression))) {
    throw new LadingError('bad-argument', `an image in the format ${format} cannot have layers in ${compression}`, {
      hint: 'the format oci can',
    })
  }
  throw new LadingError('unsupported', `layers cannot be compressed with ${compression} there`, {
    side: 'destination',
    subject: name,
    hint: `its layers are ${traits.layers.map(form => (form === 'none' ? 'uncompressed' : form)).join(' or ')}`,
  })
}
