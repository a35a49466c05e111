import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { parseImageConfig } from '../model/image-config.ts'
import { limits } from '../model/limits.ts'
import { maxManifestBytes } from '../model/manifest.ts'
import { isImageConfigType } from '../model/media-types.ts'
import { formatPlatform, type Platform } from '../model/platform.ts'
import { readAll, verify } from '../streams/index.ts'
import {
  attestedDigest,
  entriesOf,
  requirePlatform,
  type Selection,
  type SelectOptions,
  selectPlatforms,
} from '../transform/index.ts'
import type { ImageSource } from '../transports/index.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'

/**
 * The root to copy when only some platforms are wanted: the image's own root, one of its manifests, or a rewritten index, whose
 * bytes the reader then knows.
 *
 * @throws LadingError `platform-not-found`
 */
export async function choosePlatforms(
  root: Node,
  wanted: readonly Platform[],
  source: ImageSource,
  reader: ManifestReader,
  options: SelectOptions = {},
  signal?: AbortSignal,
  depth = 0,
): Promise<Selection> {
  if (depth > limits.manifestDepth) {
    throw new LadingError('too-large', `indexes are nested more than ${limits.manifestDepth} deep`)
  }
  const bytes = await reader.read(root, signal)
  const manifest = parseNode(root, bytes)
  if (manifest.kind === 'manifest') {
    const platform = await platformOf(root, source, reader, signal)
    requirePlatform(wanted, platform)
    return { root, kept: platform === undefined ? [] : [formatPlatform(platform)], leftOut: [], attestationsLeftOut: 0 }
  }
  const [only, ...others] = manifest.manifests
  // An index that holds nothing but another one is a wrapping: tools that push a whole layout make it.
  if (only?.kind === 'index' && others.length === 0) {
    const inner = await choosePlatforms(only, wanted, source, reader, options, signal, depth + 1)
    return options.index === 'sparse' ? { ...inner, root } : inner
  }
  const readsConfigs = options.matching !== 'compatible'
  const entries = []
  for (const entry of entriesOf(manifest)) {
    const silent = entry.node.platform === undefined && entry.node.kind === 'manifest' && !attestedDigest(entry.node)
    entries.push(
      silent && readsConfigs ? { ...entry, platform: await platformOf(entry.node, source, reader, signal) } : entry,
    )
  }
  const selection = selectPlatforms(root, bytes, entries, wanted, options)
  if (selection.bytes !== undefined) reader.made(selection.root.digest, selection.bytes)
  return selection
}

/** The platform that an image's config names; an artifact has none. */
async function platformOf(
  node: Node,
  source: ImageSource,
  reader: ManifestReader,
  signal?: AbortSignal,
): Promise<Platform | undefined> {
  const manifest = parseNode(node, await reader.read(node, signal))
  if (manifest.kind !== 'manifest' || !isImageConfigType(manifest.config.mediaType)) return undefined
  const config = reader.known(manifest.config.digest) ?? (await readConfig(manifest.config, source, signal))
  const { platform } = parseImageConfig(config)
  return platform.os === '' ? undefined : platform
}

/** A config, whole and checked. @throws LadingError `too-large` past the limit that manifests have too */
export async function readConfig(config: Node, source: ImageSource, signal?: AbortSignal): Promise<Uint8Array> {
  const checked = verify(source.fetch(config, undefined, signal), config)
  return await readAll(checked, maxManifestBytes, `the config ${config.digest}`)
}
