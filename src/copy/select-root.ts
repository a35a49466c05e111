import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { hostPlatform } from '../model/platform.ts'
import { attestedDigest, entriesOf, type Selection } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { choosePlatforms } from './choose-root.ts'
import type { CopyOptions } from './copy-options.ts'
import { openIndexCache } from './index-cache.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { says } from './sides.ts'

/**
 * What is copied of the image that was found: all of it, the platforms that are wanted, or this machine's platform where the
 * destination holds one image only or one is wanted.
 *
 * A subset is chosen from the index; where the destination, or else this machine, kept it from the copy before, the source is not
 * asked again.
 *
 * @throws LadingError `platform-not-found`, `unsupported` where the destination cannot hold what is wanted
 */
export async function selectRoot(
  found: Node,
  { platforms: wanted = [], allPlatforms = false, onePlatform = false, signal }: CopyOptions,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
): Promise<Selection> {
  const single = found.kind === 'index' && (!destination.traits.holdsIndex || (onePlatform && (await isForSeveral())))
  const platforms = wanted.length === 0 && single && !allPlatforms ? [hostPlatform()] : wanted
  const whole = { root: found, kept: [], leftOut: [], attestationsLeftOut: 0 }
  const selection = platforms.length === 0 ? whole : await choose()
  if (selection.root.kind === 'index' && !destination.traits.holdsIndex) {
    throw new LadingError('unsupported', 'it holds an image for one platform, and several are wanted', {
      side: 'destination',
      subject: destination.name,
      hint: 'choose one with --platform, or copy to a place that holds an index: a registry, a bucket, oci:, oci-archive: or dir:',
    })
  }
  return selection

  /** An index of one image and its attestations is that image. */
  async function isForSeveral(): Promise<boolean> {
    const manifest = parseNode(found, await reader.read(found, signal))
    const images = manifest.kind === 'index' ? entriesOf(manifest).filter(({ node }) => !attestedDigest(node)) : []
    return images.length > 1
  }

  async function choose(): Promise<Selection> {
    const cache = destination.traits.keepsUnnamed ? undefined : openIndexCache()
    const kept = await (cache === undefined ? destination.manifest(found, signal) : cache.read(found.digest))
    if (kept !== undefined) reader.remember(found.digest, kept)
    const at = says('source', source.name)
    const chosen = await at(() => choosePlatforms(found, platforms, source, reader, signal), 'select platforms')
    if (kept === undefined && found.kind === 'index') await cache?.write(found.digest, await reader.read(found, signal))
    return chosen
  }
}
