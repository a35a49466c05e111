import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import type { Descriptor, Node, NodeKind } from './descriptor.ts'
import { type Digest, isDigest } from './digest.ts'
import { limits } from './limits.ts'
import {
  bareMediaType,
  dockerSchema1,
  dockerSchema1Signed,
  isIndexType,
  isManifestType,
  isSchema1Type,
  ociIndex,
  ociManifest,
} from './media-types.ts'
import { readJson } from './read-json.ts'

/** The largest manifest or index that is read, in bytes: what registries accept (distribution specification, "Pushing manifests"). */
export const maxManifestBytes = limits.manifestBytes

const text = v.string()
const annotations = v.record(text, text)
const platform = v.looseObject({
  os: v.optional(text, ''),
  architecture: v.optional(text, ''),
  variant: v.optional(text),
  'os.version': v.optional(text),
  'os.features': v.optional(v.array(text)),
})
const descriptor = v.looseObject({
  mediaType: text,
  digest: v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a sha256 or sha512 digest'),
  size: v.pipe(v.number(), v.safeInteger('is not a whole number of bytes'), v.minValue(0, 'is negative')),
  platform: v.nullish(platform),
  annotations: v.nullish(annotations),
  artifactType: v.nullish(text),
  urls: v.nullish(v.array(text)),
})
const common = {
  schemaVersion: v.literal(2, 'is not 2'),
  mediaType: v.nullish(text),
  artifactType: v.nullish(text),
  annotations: v.nullish(annotations),
  subject: v.nullish(descriptor),
}
const manifestSchema = v.looseObject({ ...common, config: descriptor, layers: v.nullish(v.array(descriptor), []) })
const indexSchema = v.looseObject({ ...common, manifests: v.nullish(v.array(descriptor), []) })

interface Document {
  readonly mediaType: string
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly subject?: Descriptor
}

/** An image manifest: OCI image specification, manifest.md; Docker, image manifest version 2 schema 2. */
export interface ImageManifest extends Document {
  readonly kind: 'manifest'
  readonly config: Node
  readonly layers: readonly Node[]
}

/** An image index or Docker manifest list: OCI image specification, image-index.md. */
export interface ImageIndex extends Document {
  readonly kind: 'index'
  readonly manifests: readonly Node[]
}

export type Manifest = ImageManifest | ImageIndex

/**
 * Reads a manifest or index.
 *
 * `declaredType` is what the descriptor or the Content-Type said. MUST refuse a document that says otherwise itself, or that
 * could be read both ways (CVE-2021-41190).
 *
 * @throws LadingError `bad-manifest`, `too-large`, or `unsupported` for Docker's schema 1
 */
export function parseManifest(bytes: Uint8Array, declaredType?: string): Manifest {
  if (bytes.byteLength > maxManifestBytes) {
    throw new LadingError('too-large', `the manifest has ${bytes.byteLength} bytes; the limit is ${maxManifestBytes}`)
  }
  const value = parseJsonObject(bytes)
  const mediaType = typeOfDocument(value, declaredType)
  if (isIndexType(mediaType)) {
    const index = check(indexSchema, value)
    return {
      kind: 'index',
      mediaType,
      manifests: index.manifests.map(child => toNode(child, childKind(child))),
      ...rest(index),
    }
  }
  const manifest = check(manifestSchema, value)
  return {
    kind: 'manifest',
    mediaType,
    config: toNode(manifest.config, 'config'),
    layers: manifest.layers.map(layer => toNode(layer, 'layer')),
    ...rest(manifest),
  }
}

/** The nodes that a manifest names and that must be present before it is. A subject is not one of them. */
export function childrenOf(manifest: Manifest): readonly Node[] {
  return manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers]
}

/** The media type of a root whose store keeps bytes without a type: what the document says, else what its shape says. */
export function detectMediaType(bytes: Uint8Array): string {
  const value = parseJsonObject(bytes)
  if (value.schemaVersion === 1) return value.signatures ? dockerSchema1Signed : dockerSchema1
  return typeOfDocument(value, undefined)
}

function typeOfDocument(value: Record<string, unknown>, declared: string | undefined): string {
  const hasManifests = Array.isArray(value.manifests)
  const hasLayers = 'layers' in value || 'config' in value
  if (hasManifests && hasLayers) throw bad('it names both manifests and layers, so it could be read in two ways')
  if ((declared !== undefined && isSchema1Type(bareMediaType(declared))) || value.schemaVersion === 1) {
    throw new LadingError('unsupported', 'Docker image manifest version 2 schema 1 is not supported', {
      hint: 'push the image again with a current tool, which writes schema 2 or OCI',
    })
  }
  const said = value.mediaType
  if (said !== undefined && said !== null && typeof said !== 'string') throw bad('mediaType is not a string')
  const inside = said ? bareMediaType(said) : undefined
  const outside = declared === undefined ? undefined : bareMediaType(declared)
  const outsideKnown = outside !== undefined && (isIndexType(outside) || isManifestType(outside))
  if (inside !== undefined && outsideKnown && inside !== outside) {
    throw bad(`it was named as ${outside} and says that it is ${inside}`)
  }
  const type = inside ?? (outsideKnown ? outside : shapeType(hasManifests, hasLayers))
  if (type === undefined || !(isIndexType(type) || isManifestType(type))) {
    throw bad(
      type === undefined
        ? 'it is neither a manifest nor an index'
        : `its media type ${type} is not that of a manifest or an index`,
    )
  }
  if (isIndexType(type) ? hasLayers : hasManifests) throw bad(`it has not the shape of ${type}`)
  return type
}

function shapeType(hasManifests: boolean, hasLayers: boolean): string | undefined {
  return hasManifests ? ociIndex : hasLayers ? ociManifest : undefined
}

function childKind(child: { mediaType: string }): NodeKind {
  const type = bareMediaType(child.mediaType)
  return isIndexType(type) ? 'index' : isManifestType(type) || isSchema1Type(type) ? 'manifest' : 'blob'
}

function toNode(raw: v.InferOutput<typeof descriptor>, kind: NodeKind): Node {
  return { kind, ...toDescriptor(raw) }
}

function toDescriptor(raw: v.InferOutput<typeof descriptor>): Descriptor {
  const { mediaType, digest, size } = raw
  return {
    mediaType,
    digest,
    size,
    ...(raw.platform ? { platform: toPlatform(raw.platform) } : {}),
    ...(raw.annotations ? { annotations: raw.annotations } : {}),
    ...(raw.artifactType ? { artifactType: raw.artifactType } : {}),
    ...(raw.urls?.length ? { urls: raw.urls } : {}),
  }
}

function toPlatform(raw: v.InferOutput<typeof platform>): NonNullable<Descriptor['platform']> {
  const { os, architecture, variant } = raw
  return {
    os,
    architecture,
    ...(variant ? { variant } : {}),
    ...(raw['os.version'] ? { 'os.version': raw['os.version'] } : {}),
    ...(raw['os.features'] ? { 'os.features': raw['os.features'] } : {}),
  }
}

function rest(
  raw: v.InferOutput<typeof indexSchema> | v.InferOutput<typeof manifestSchema>,
): Omit<Document, 'mediaType'> {
  return {
    ...(raw.artifactType ? { artifactType: raw.artifactType } : {}),
    ...(raw.annotations ? { annotations: raw.annotations } : {}),
    ...(raw.subject ? { subject: toDescriptor(raw.subject) } : {}),
  }
}

function check<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  const where = v.getDotPath(issue) ?? 'the document'
  const what = issue.message.startsWith('is ') ? issue.message : `should be ${issue.expected}, but is ${issue.received}`
  throw bad(`${where} ${what}`)
}

/** @throws LadingError `bad-manifest` where the bytes are not one JSON object in UTF-8 */
function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = readJson(bytes)
  } catch (cause) {
    throw bad('it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('it is not a JSON object')
  return value as Record<string, unknown>
}

function bad(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `the manifest cannot be used: ${what}`, { cause })
}
