import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { gzippedEmptyLayer, gzippedEmptyLayerDigest } from '../model/empty-layer.ts'
import { manifestDigest } from '../model/manifest-digest.ts'
import { dockerLayerGzip, dockerSchema1Signed, isImageConfigType } from '../model/media-types.ts'
import { bytesOf } from '../streams/index.ts'
import { signSchema1, toSchema1 } from '../transform/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { readConfig } from './choose-root.ts'
import type { ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'

/** A root that is made of another one, of the same layers. */
export interface MadeRoot {
  readonly root: Node
  readonly bytes: Uint8Array
  /** What the other root names and this one does not. */
  readonly without: Digest
}

interface WriteOptions {
  readonly source: ImageSource
  readonly destination: ImageDestination
  readonly reader: ManifestReader
  /** Store nothing. */
  readonly dryRun: boolean
  readonly signal: AbortSignal
}

/** @throws LadingError `unsupported` where the destination has no place for it, before anything is moved */
export function requireSchema1({ name, traits }: Pick<ImageDestination, 'name' | 'traits'>): void {
  if (traits.holdsSchema1) return
  throw new LadingError('unsupported', 'it holds no manifests of schema 1', {
    side: 'destination',
    subject: name,
    hint: 'registries and dir: do',
  })
}

/**
 * The manifest of schema 1 of an image, signed with a key of the moment, as registries want it. A layer without content, which it names
 * for each step that changed no file, is stored with it.
 */
export async function writeSchema1(
  root: Node,
  { source, destination, reader, dryRun, signal }: WriteOptions,
): Promise<MadeRoot> {
  const manifest = parseNode(root, await reader.read(root, signal))
  if (manifest.kind === 'index' || !isImageConfigType(manifest.config.mediaType)) {
    throw new LadingError('unsupported', 'schema 1 has no way to say what this is: it is no image of one platform')
  }
  const config = reader.known(manifest.config.digest) ?? (await readConfig(manifest.config, source, signal))
  const { name, tag } = destination.schema1Name ?? { name: '', tag: '' }
  const layers = manifest.layers.map(({ digest }) => digest)
  const made = toSchema1(name, tag, config, layers)
  const [digest, size] = [gzippedEmptyLayerDigest, gzippedEmptyLayer.byteLength]
  const empty = { kind: 'layer', mediaType: dockerLayerGzip, digest, size } as const
  if (made.needsEmptyLayer && !dryRun && !(await destination.has(empty, signal))) {
    await destination.push(empty, bytesOf(gzippedEmptyLayer), signal)
  }
  const bytes = signSchema1(made.bytes)
  const node = { kind: 'manifest', mediaType: dockerSchema1Signed, size: bytes.byteLength } as const
  return { root: { ...node, digest: manifestDigest(bytes) }, bytes, without: manifest.config.digest }
}
