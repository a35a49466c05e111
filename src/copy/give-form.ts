import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { addRecipients } from './add-recipients.ts'
import { convertLayers, findChanges, type LayerChange } from './convert-image.ts'
import type { Preparation } from './preparation.ts'
import type { ReadImage } from './read-image.ts'
import { rewriteManifests } from './rewrite-manifests.ts'
import { layersBecame } from './rewritten-because.ts'
import type { StoredLayer } from './store-layer.ts'
import { type MadeRoot, writeSchema1 } from './write-schema1.ts'

/** An image in the form that the destination holds or the user wants. */
export interface FormedImage {
  readonly root: Node
  readonly made?: MadeRoot
  /** By the digest that the source's manifest names a layer with. */
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** Layers that had to change; with a dry run they have not. */
  readonly changes: readonly LayerChange[]
  /** Why the root is another one; nothing where it is the same. */
  readonly because: readonly string[]
}

/**
 * Stores the layers below `root` that have to change, and writes the manifests anew that name them or shall have another format.
 *
 * @param requireAllowed is told why the image will be another one before anything is stored, and throws where it must not
 */
export async function giveForm(
  root: Node,
  { stored: received, isKnown, became }: ReadImage,
  { source, destination, reader, options, target, settings, listen, signal }: Preparation,
  requireAllowed: (because: readonly string[]) => void,
): Promise<FormedImage> {
  const { encryption } = options
  const lookup = { target, encryption, received, signal }
  const changes = isKnown ? [] : await findChanges(root, source, destination, reader, lookup)
  const recipients = await addRecipients(root, source, reader, encryption, signal)
  const opened = recipients.size === 0 ? [] : ['layers encrypted for others too']
  const layersChange = [...new Set([...layersBecame(changes, new Map(), destination), ...became, ...opened])]
  requireAllowed(layersChange)
  if (changes.length > 0) {
    if (options.dryRun) return { root, stored: received, changes, because: layersChange }
    // Without manifests of its own a destination can say now whether it will take the image; others once its digest is known.
    if (destination.currentConfig !== undefined) {
      const { force = false, expect, additionalTags } = options
      await destination.checkCommit?.(root, { force, expect, additionalTags }, signal)
    }
    listen({ type: 'planned', blobs: changes.length, bytes: changes.reduce((sum, { layer }) => sum + layer.size, 0) })
  }
  const convert = { ...settings, ...lookup, listen }
  const layers = await convertLayers(changes, source, destination, convert)
  const rewriting = { layers, recipients, format: options.format, signal }
  const { root: rewritten, converted, dropped } = await rewriteManifests(root, rewriting, reader)
  if (dropped.size > 0) {
    listen({ type: 'warning', message: `${converted} has no place for: ${[...dropped].join(', ')}` })
  }
  const made =
    options.format === 'v2s1'
      ? await writeSchema1(rewritten, { source, destination, reader, dryRun: options.dryRun ?? false, signal })
      : undefined
  const format = made === undefined ? converted : 'v2s1'
  const isSame = (made?.root ?? rewritten).digest === root.digest
  const because = isSame ? [] : [...layersChange, ...(format === undefined ? [] : [`converted to ${format}`])]
  requireAllowed(because)
  return { root: rewritten, ...(made && { made }), stored: layers, changes, because }
}
