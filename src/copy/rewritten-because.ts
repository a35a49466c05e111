import type { Digest } from '../model/digest.ts'
import type { Selection } from '../transform/index.ts'
import type { ImageDestination } from '../transports/index.ts'
import type { LayerChange } from './convert-image.ts'
import type { CopyOptions } from './copy-options.ts'
import type { StoredLayer } from './store-layer.ts'

/** Why the digest is another one where an image is kept without its manifest. */
export const withoutManifest = 'kept there without its manifest'

/** Why not all of an index is copied. */
export function platformsWereChosen(
  { kept }: Selection,
  { traits }: ImageDestination,
  { platforms = [] }: CopyOptions,
): string {
  const names = kept.join(', ')
  return platforms.length === 0 && !traits.holdsIndex ? `only ${names} can be held there` : `only ${names} wanted`
}

/** What layers become, and those that have been stored have become. */
export function layersBecame(
  changes: readonly LayerChange[],
  stored: ReadonlyMap<Digest, StoredLayer>,
  { pushDraft }: ImageDestination,
): string[] {
  const changed = [...stored].filter(([digest, layer]) => layer.digest !== digest)
  const forms = new Set([...changes.map(({ to }) => to), ...changed.map(([, { form }]) => form)])
  return [...forms].map(form =>
    form === 'none'
      ? `layers unpacked${pushDraft === undefined ? ' through a temporary file' : ''}`
      : `layers compressed with ${form}`,
  )
}
