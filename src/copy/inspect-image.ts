import pLimit from 'p-limit'
import { LadingError } from '../errors/index.ts'
import type { Descriptor, Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { type ImageConfig, parseImageConfig } from '../model/image-config.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { isImageConfigType } from '../model/media-types.ts'
import { formatPlatform } from '../model/platform.ts'
import { attestedDigest, entriesOf } from '../transform/index.ts'
import { type ImageSource, openSource, parseReference } from '../transports/index.ts'
import { type AttachedDescription, describeAttachments } from './attachments/describe-attachments.ts'
import { readConfig } from './choose-root.ts'
import { interruptible } from './interruptible.ts'
import { createManifestReader, type ManifestReader } from './manifest-reader.ts'
import { parseNode } from './parse-node.ts'
import { passLayer } from './pass-layer.ts'
import { describePolicy, type PolicyDescription } from './policy/describe-policy.ts'
import { openSession, type SessionOptions } from './session.ts'
import { sourceSide } from './sides.ts'

/** An index may name thousands of entries. */
const entriesAtOnce = 16

export interface ImageDescription {
  readonly reference: string
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes of the root document. */
  readonly size: number
  readonly kind: 'index' | 'manifest'
  readonly artifactType?: string
  readonly annotations: Readonly<Record<string, string>>
  /** The root document as it is stored. */
  readonly raw: Uint8Array
  /** What the trust policy says of it. Absent: there is none. */
  readonly policy?: PolicyDescription
  /** One per entry of an index, in its order; for a manifest, itself. */
  readonly platforms: readonly PlatformDescription[]
  /** With `referrers`: what is attached to it, to its platforms, and to that. */
  readonly attached?: readonly AttachedDescription[]
  /** Why more may be attached than is told. */
  readonly attachedProblem?: string
}

export interface InspectOptions extends SessionOptions {
  /** Look for what is attached too: four more questions for every manifest. Default false. */
  readonly referrers?: boolean | undefined
}

export interface PlatformDescription {
  readonly platform?: string
  readonly digest: Digest
  readonly mediaType: string
  /** Bytes of config and layers, as they are stored. */
  readonly size: number
  /** Set where this is the attestation manifest of another entry. */
  readonly attestationFor?: string
  readonly artifactType?: string
  readonly layers: readonly Pick<Descriptor, 'digest' | 'mediaType' | 'size' | 'annotations'>[]
  readonly config?: ImageConfig & { readonly digest: Digest; readonly size: number }
  readonly configBytes?: Uint8Array
  /** Why nothing more is known: an entry whose manifest or config is absent, say. */
  readonly problem?: string
}

/**
 * Describes an image without reading a layer.
 *
 * An index is described as far as it can be read: an entry whose documents are missing says so in `problem`.
 *
 * @throws LadingError
 */
export async function inspectImage(reference: string, options: InspectOptions = {}): Promise<ImageDescription> {
  return await interruptible(options.signal, async () => {
    const parsed = parseReference(reference)
    await using session = openSession(options, () => {})
    const reading = session.context('source')
    await using source = sourceSide(await openSource(parsed, reading))
    await source.receive?.(passLayer, options.signal)
    const reader = createManifestReader(source)
    const root = await source.resolve(options.signal)
    const raw = await reader.read(root, options.signal)
    const manifest = parseNode(root, raw)
    const limit = pLimit(entriesAtOnce)
    const describe = (node: Node) => limit(() => describeEntry(node, source, reader, options.signal))
    const platforms =
      manifest.kind === 'manifest'
        ? [await describeManifest(root, manifest, source, options.signal)]
        : await Promise.all(
            entriesOf(manifest).map(async ({ node, platform }) => ({
              ...(await describe(node)),
              ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
            })),
          )
    const policy = await describePolicy(root, source, parsed, reader, options, reading.environment)
    const subjects = [root.digest, ...platforms.map(({ digest }) => digest)]
    const { signal } = options
    const attached =
      options.referrers && source.attachments !== undefined
        ? await describeAttachments(subjects, { source, reader, signal })
        : undefined
    return {
      reference: source.name,
      digest: root.digest,
      mediaType: manifest.mediaType,
      size: raw.byteLength,
      kind: manifest.kind,
      ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
      annotations: manifest.annotations ?? {},
      raw,
      ...(policy === undefined ? {} : { policy }),
      platforms,
      ...attached,
    }
  })
}

async function describeEntry(
  node: Node,
  source: ImageSource,
  reader: ManifestReader,
  signal: AbortSignal | undefined,
): Promise<PlatformDescription> {
  const attestationFor = attestedDigest(node)
  const base = {
    digest: node.digest,
    mediaType: node.mediaType,
    size: 0,
    layers: [],
    ...(attestationFor === undefined ? {} : { attestationFor }),
  }
  if (node.kind !== 'manifest') return base
  try {
    const manifest = parseNode(node, await reader.read(node, signal))
    if (manifest.kind !== 'manifest') return base
    return {
      ...(await describeManifest(node, manifest, source, signal)),
      ...(attestationFor === undefined ? {} : { attestationFor }),
    }
  } catch (error) {
    if (signal?.aborted || !(error instanceof LadingError)) throw error
    return { ...base, problem: error.message }
  }
}

async function describeManifest(
  node: Node,
  manifest: ImageManifest,
  source: ImageSource,
  signal: AbortSignal | undefined,
): Promise<PlatformDescription> {
  const { config, layers } = manifest
  const configBytes = isImageConfigType(config.mediaType) ? await readConfig(config, source, signal) : undefined
  const parsed = configBytes === undefined ? undefined : parseImageConfig(configBytes)
  const artifactType = manifest.artifactType ?? (parsed === undefined ? config.mediaType : undefined)
  return {
    digest: node.digest,
    mediaType: manifest.mediaType,
    size: layers.reduce((sum, layer) => sum + layer.size, config.size),
    layers: layers.map(({ digest, mediaType, size, annotations }) => ({
      digest,
      mediaType,
      size,
      ...(annotations === undefined ? {} : { annotations }),
    })),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(parsed === undefined || configBytes === undefined
      ? {}
      : {
          ...(parsed.platform.os === '' || parsed.platform.os === 'unknown'
            ? {}
            : { platform: formatPlatform(parsed.platform) }),
          config: { ...parsed, digest: config.digest, size: config.size },
          configBytes,
        }),
  }
}
