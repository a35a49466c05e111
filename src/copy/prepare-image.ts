import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { Selection } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { LayerChange } from './convert-image.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import { giveForm } from './give-form.ts'
import { layersMayChange, layerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { checkSelection } from './policy/check-selection.ts'
import type { Guarded } from './policy/policy-guard.ts'
import { asksForChange, type Preparation, type PrepareOptions } from './preparation.ts'
import { readImage } from './read-image.ts'
import { refuseArtifact } from './refuse-artifact.ts'
import { requireEncryptable } from './require-encryptable.ts'
import { requirePreserved } from './require-preserved.ts'
import { platformsWereChosen, withoutManifest } from './rewritten-because.ts'
import { selectRoot } from './select-root.ts'
import { says } from './sides.ts'
import { requireUnchanged } from './sparse-index.ts'
import type { StoredLayer } from './store-layer.ts'
import { type MadeRoot, requireSchema1 } from './write-schema1.ts'

/** What is to be stored under the destination's name, and what of it is stored already because it had to change or came once. */
export interface PreparedImage {
  /** What the source's name resolved to. */
  readonly found: Node
  /** What the destination's name resolves to. */
  readonly current: Digest | undefined
  readonly selection: Selection
  readonly root: Node
  /** By the digest that the source's manifest names a layer with. */
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** Layers that will change; with a dry run they have not. */
  readonly changes: readonly LayerChange[]
  /** Why the root is not the one that was found. */
  readonly rewritten: readonly string[]
  /** What is written under the name in the place of `root`, where that is a manifest that the plan does not know. */
  readonly made?: MadeRoot
  /** The destination's name stands for this image, whole, already. */
  readonly unchanged: boolean
}

/**
 * Everything before the plan: resolve both sides, choose platforms, and give the image the form that the destination holds.
 *
 * @throws LadingError
 */
export async function prepareImage(
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
  options: PrepareOptions & Partial<Guarded>,
  listen: CopyListener,
): Promise<PreparedImage> {
  const { signal = new AbortController().signal } = options
  const { compressionLevel: level, precomputeDigests: precompute, temporaryFolder } = options
  const target = layerTarget(source, destination, options)
  if (options.format === 'v2s1') requireSchema1(destination)
  const { encryption, guard } = options
  if (encryption !== undefined) requireEncryptable(encryption, source, destination, options)
  const encrypt = encryption?.encrypts ? encryption : undefined
  const settings = { level, precompute, temporaryFolder, encrypt }
  const preparation = { source, destination, reader, options, target, settings, guard, listen, signal }
  const image = await readImage(preparation)
  const { found, current, base, stored } = image
  const selection = await selectRoot(base, options, source, destination, reader)
  await checkSelection(guard, selection, found, reader, signal)
  const refusal = { ...options, decrypts: encryption !== undefined }
  await says('source', source.name)(() => refuseArtifact(selection.root, destination, reader, refusal), 'plan')
  const requireAllowed = (because: readonly string[]): void => {
    if (options.preserveDigests) requirePreserved(selection, because)
  }
  requireAllowed(destination.currentConfig === undefined ? [] : [withoutManifest])

  const chosen = selection.root.digest === base.digest ? [] : [platformsWereChosen(selection, destination, options)]
  const rewritten = [...image.made, ...chosen]
  const prepared = { found, current, selection, root: selection.root, stored, changes: [], rewritten }
  if (selection.absent !== undefined) {
    requireUnchanged(source, options)
    return { ...prepared, unchanged: false }
  }
  const isThere = (root: Node) => current === root.digest && impliesAll(selection, destination, options)
  if (isThere(selection.root) && !asksForChange(options)) return { ...prepared, unchanged: true }
  if (!options.force && (await holdsImage(selection.root, preparation))) {
    if (current === undefined || current === selection.root.digest) return { ...prepared, unchanged: true }
    const root = { ...selection.root, digest: current }
    return { ...prepared, root, rewritten: [...rewritten, withoutManifest], unchanged: true }
  }
  const mayChange = layersMayChange(source, destination.traits, options) || asksForChange(options)
  if (stored.size === 0 && !mayChange) return { ...prepared, unchanged: false }

  const { because, ...formed } = await giveForm(selection.root, image, preparation, requireAllowed)
  const unchanged = isThere(formed.made?.root ?? formed.root)
  return { ...prepared, ...formed, rewritten: [...rewritten, ...because], unchanged }
}

/** Whether a root that is there has all below it, under every name. (What other names stand for is found out when they are written.) */
function impliesAll(
  { root }: Selection,
  { traits }: ImageDestination,
  { additionalTags = [], allPlatforms = false }: CopyOptions,
): boolean {
  return traits.rootImpliesChildren && additionalTags.length === 0 && !(allPlatforms && root.kind === 'index')
}

/** Whether a destination that keeps no manifests has this image under its name. */
async function holdsImage(root: Node, { destination, reader, options, signal }: Preparation): Promise<boolean> {
  const { additionalTags } = options
  const current = await destination.currentConfig?.({ additionalTags }, signal)
  if (current === undefined || root.kind !== 'manifest') return false
  const manifest = parseNode(root, await reader.read(root, signal))
  return manifest.kind === 'manifest' && manifest.config.digest === current
}
