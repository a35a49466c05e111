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
  const changed = [...stored].filter(([digest, layer]) => layer.digest !== digest).map(([, layer]) => layer)
  const forms = new Set([
    ...changes.filter(isReformed).map(({ to }) => to),
    ...changed.filter(({ became }) => became === undefined).map(({ form }) => form),
  ])
  const encrypted = changes.some(({ encrypts }) => encrypts) || changed.some(({ became }) => became === 'encrypted')
  const decrypted = changes.some(({ opened }) => opened)
  return [
    ...[...forms].map(form =>
      form === 'none'
        ? `layers unpacked${pushDraft === undefined ? ' through a temporary file' : ''}`
        : `layers compressed with ${form}`,
    ),
    ...(encrypted ? ['layers encrypted'] : []),
    ...(decrypted ? ['layers decrypted'] : []),
  ]
}

/** Others are encrypted or decrypted alone. */
function isReformed({ from, to, encrypts, opened }: LayerChange): boolean {
  return (encrypts === undefined && opened === undefined) || from !== to
}
