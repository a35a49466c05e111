import * as v from 'valibot'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { isIndexType, isManifestType } from '../../model/media-types.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { readAll } from '../../streams/index.ts'

/** OCI image specification, image-layout.md. */
const indexKey = 'index.json'
const markerKey = 'oci-layout'
const layoutVersion = '1.0.0'
/** OCI image specification, annotations.md: a layout's name of an entry. */
const nameAnnotation = 'org.opencontainers.image.ref.name'

const entrySchema = v.looseObject({
  mediaType: v.string(),
  digest: v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a sha256 or sha512 digest'),
  size: v.pipe(v.number(), v.safeInteger('is not a whole number of bytes'), v.minValue(0, 'is negative')),
  annotations: v.nullish(v.record(v.string(), v.string())),
})
const indexSchema = v.looseObject({ schemaVersion: v.literal(2), manifests: v.nullish(v.array(entrySchema), []) })
const markerSchema = v.looseObject({ imageLayoutVersion: v.string() })

type Entry = v.InferOutput<typeof entrySchema>

/** index.json as it stands, with every field that we do not know of. */
export interface LayoutIndex {
  readonly document: v.InferOutput<typeof indexSchema>
  /** Absent where there is no index.json yet. */
  readonly etag?: string
}

/**
 * Reads what a layout says of itself; `undefined` where there is no layout.
 *
 * @throws LadingError `bad-layout` where it is malformed or of a version that we do not know
 */
export async function readLayoutIndex(store: ObjectStore, signal?: AbortSignal): Promise<LayoutIndex | undefined> {
  const marker = await readDocument(store, markerKey, markerSchema, signal)
  if (marker !== undefined && marker.value.imageLayoutVersion !== layoutVersion) {
    throw new LadingError(
      'bad-layout',
      `the layout's version is ${marker.value.imageLayoutVersion}; ${layoutVersion} is known`,
    )
  }
  const index = await readDocument(store, indexKey, indexSchema, signal)
  // The marker alone is a layout that somebody is making, or was making when they were stopped.
  if (index === undefined) return undefined
  return { document: index.value, etag: index.etag }
}

/**
 * Gives `root` the name, as the containers tools do: an entry that had the name stays, without it; an unnamed entry of the same
 * digest is replaced.
 *
 * @returns whether anything had to be written
 */
export async function writeLayoutEntry(
  store: ObjectStore,
  root: Descriptor,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  const marker = new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: layoutVersion }))
  for (;;) {
    const index = await readLayoutIndex(store, signal)
    const document = index?.document ?? { schemaVersion: 2, manifests: [] }
    if (entryOf(document.manifests, name)?.digest === root.digest) return false
    const next = { ...document, manifests: withEntry(document.manifests, root, name) }
    try {
      if (index === undefined) await store.put(markerKey, marker, { signal })
      const bytes = new TextEncoder().encode(JSON.stringify(next))
      await store.put(indexKey, bytes, {
        signal,
        ...(index?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: index.etag }),
      })
      return true
    } catch (error) {
      // Somebody else changed index.json meanwhile: what they wrote stays, and ours is added to it.
      if (!isLadingError(error, 'precondition-failed')) throw error
    }
  }
}

/**
 * The entry that a reference names: by name, by position, or the only one there is.
 *
 * @throws LadingError `image-not-found`, naming what there is
 */
export function findEntry(index: LayoutIndex, wanted: { readonly name?: string; readonly index?: number }): Node {
  const entries = index.document.manifests
  if (wanted.index !== undefined) {
    const entry = entries[wanted.index]
    if (entry !== undefined) return toNode(entry)
    throw new LadingError('image-not-found', `index.json has ${entries.length} entries, and none at ${wanted.index}`)
  }
  const entry = wanted.name === undefined && entries.length === 1 ? entries[0] : entryOf(entries, wanted.name)
  const named = entries.filter(candidate => nameOf(candidate) !== undefined)
  const hint =
    named.length === 0
      ? undefined
      : `it has ${named.slice(0, 20).map(nameOf).join(', ')}${named.length > 20 ? ', …' : ''}`
  if (entry !== undefined && (wanted.name !== undefined || entries.length === 1)) return toNode(entry)
  if (wanted.name !== undefined) {
    throw new LadingError('image-not-found', `the layout has no image named ${wanted.name}`, {
      hint: hint ?? 'none of its images has a name',
    })
  }
  throw new LadingError(
    'image-not-found',
    entries.length === 0 ? 'the layout is empty' : `the layout has ${entries.length} images`,
    {
      hint:
        entries.length === 0
          ? undefined
          : `choose one with oci:PATH:NAME or oci:PATH:@INDEX${hint === undefined ? '' : `; ${hint}`}`,
    },
  )
}

/** The digest that a destination's name has now. Without a name: that of the only unnamed entry. */
export function currentDigest(index: LayoutIndex | undefined, name: string | undefined): Digest | undefined {
  return entryOf(index?.document.manifests ?? [], name)?.digest
}

function entryOf(entries: readonly Entry[], name: string | undefined): Entry | undefined {
  const found = entries.filter(entry => nameOf(entry) === name)
  return name === undefined && found.length > 1 ? undefined : found[0]
}

function nameOf(entry: Entry): string | undefined {
  return entry.annotations?.[nameAnnotation]
}

function withEntry(entries: readonly Entry[], root: Descriptor, name: string | undefined): Entry[] {
  const { mediaType, digest, size } = root
  const entry: Entry = {
    mediaType,
    digest,
    size,
    ...(name === undefined ? {} : { annotations: { [nameAnnotation]: name } }),
  }
  const result: Entry[] = []
  for (const other of entries) {
    const kept = name !== undefined && nameOf(other) === name ? withoutName(other) : other
    const repeats =
      isUnnamed(kept, root.digest) || (nameOf(kept) === undefined && result.some(one => isUnnamed(one, kept.digest)))
    if (!repeats) result.push(kept)
  }
  return [...result, entry]
}

function isUnnamed(entry: Entry, digest: Digest): boolean {
  return nameOf(entry) === undefined && entry.digest === digest
}

function withoutName(entry: Entry): Entry {
  const { annotations, ...rest } = entry
  const { [nameAnnotation]: _, ...others } = annotations ?? {}
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others }
}

function toNode({ mediaType, digest, size }: Entry): Node {
  if (isIndexType(mediaType)) return { kind: 'index', mediaType, digest, size }
  if (isManifestType(mediaType)) return { kind: 'manifest', mediaType, digest, size }
  throw new LadingError(
    'unsupported',
    `the layout's entry ${digest} is ${mediaType}, which is neither a manifest nor an index`,
  )
}

async function readDocument<T extends v.GenericSchema>(
  store: ObjectStore,
  key: string,
  schema: T,
  signal: AbortSignal | undefined,
): Promise<{ value: v.InferOutput<T>; etag: string } | undefined> {
  let found: Awaited<ReturnType<ObjectStore['get']>>
  try {
    found = await store.get(key, { signal })
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
  const bytes = await readAll(found.body, maxManifestBytes, key)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8').decode(bytes))
  } catch (cause) {
    throw new LadingError('bad-layout', `${key} is not JSON`, { cause })
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new LadingError(
      'bad-layout',
      `${key} cannot be used: ${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`,
    )
  }
  if (found.info.etag === undefined) throw new LadingError('internal', `the store gave no etag for ${key}`)
  return { value: parsed.output, etag: found.info.etag }
}
