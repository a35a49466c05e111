import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { formatPlatform } from '../model/platform.ts'
import { attestedDigest, entriesOf, type Selection, type SelectOptions } from '../transform/index.ts'
import type { DestinationTraits, ImageDestination, ImageSource } from '../transports/index.ts'
import { choosePlatforms } from './choose-root.ts'
import type { CopyOptions } from './copy-options.ts'
import { openIndexCache } from './index-cache.ts'
import { layersTaken } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { systemOf } from './session.ts'
import { says } from './sides.ts'

/**
 * What is copied of the image that was found: all of it, the platforms that are wanted, the index alone, or this machine's platform
 * where the destination holds one image only or one is wanted.
 *
 * A subset is chosen from the index; where the destination, or else this machine, kept it from the copy before, the source is not
 * asked again.
 *
 * @throws LadingError `platform-not-found`, `unsupported` where the destination cannot hold what is wanted
 */
export async function selectRoot(
  found: Node,
  options: CopyOptions,
  source: ImageSource,
  destination: ImageDestination,
  reader: ManifestReader,
): Promise<Selection> {
  const { platforms: wanted = [], allPlatforms = false, onePlatform = false, signal } = options
  const selection = await select()
  if (selection.root.kind === 'index' && !destination.traits.holdsIndex) throw holdsOne(destination)
  return selection

  async function select(): Promise<Selection> {
    if (options.index === 'alone' && found.kind === 'index') return await indexAlone()
    const single = found.kind === 'index' && (!destination.traits.holdsIndex || (onePlatform && (await isChosenFrom())))
    const platforms = wanted.length === 0 && single && !allPlatforms ? [systemOf(options)] : wanted
    if (platforms.length === 0) return { root: found, kept: [], leftOut: [], attestationsLeftOut: 0 }
    const cache = destination.traits.keepsUnnamed ? undefined : openIndexCache()
    const kept = await (cache === undefined ? destination.manifest(found, signal) : cache.read(found.digest))
    if (kept !== undefined) reader.remember(found.digest, kept)
    const choice = selectOptions(options, destination.traits)
    const at = says('source', source.name)
    const choose = () => choosePlatforms(found, platforms, source, reader, choice, signal)
    const chosen = await at(choose, 'select platforms')
    if (kept === undefined && found.kind === 'index') await cache?.write(found.digest, await reader.read(found, signal))
    return chosen
  }

  /** An index of one image and its attestations is that image; the containers tools look whom it is for. */
  async function isChosenFrom(): Promise<boolean> {
    if (options.platformMatching === 'compatible') return true
    const manifest = parseNode(found, await reader.read(found, signal))
    const images = manifest.kind === 'index' ? entriesOf(manifest).filter(({ node }) => !attestedDigest(node)) : []
    return images.length > 1
  }

  async function indexAlone(): Promise<Selection> {
    const manifest = parseNode(found, await reader.read(found, signal))
    const entries = manifest.kind === 'index' ? entriesOf(manifest) : []
    const leftOut = entries.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)]))
    return { root: found, kept: [], leftOut, attestationsLeftOut: 0, absent: entries.map(({ node }) => node) }
  }
}

/** Of two images for one platform the one whose layers are taken as they are, with zstd where both are. */
function selectOptions(options: CopyOptions, traits: DestinationTraits): SelectOptions {
  const { platformMatching: matching, index, recompress, compression } = options
  const taken = layersTaken(traits, options)
  const becomesGzip = recompress === 'all' && compression === 'gzip'
  const gzip = becomesGzip || (taken.includes('gzip') && !taken.includes('zstd'))
  return {
    matching,
    index: index === 'sparse' ? 'sparse' : 'rewritten',
    prefer: gzip && matching !== 'compatible' ? 'gzip' : 'zstd',
  }
}

function holdsOne({ name }: ImageDestination): LadingError {
  return new LadingError('unsupported', 'it holds an image for one platform, and an index is wanted', {
    side: 'destination',
    subject: name,
    hint: 'choose one platform with --platform, or copy to a place that holds an index: a registry, a bucket, oci:, oci-archive: or dir:',
  })
}
