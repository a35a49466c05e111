import * as v from 'valibot'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { ociIndex } from '../../model/media-types.ts'
import { readJson } from '../../model/read-json.ts'
import type { ObjectStore, PutOptions } from '../../stores/index.ts'
import { readAll } from '../../streams/index.ts'
import type { Expectation } from '../transport.ts'
import { checkExpectation, currentDigest, type Entry, withEntry } from './layout-entries.ts'
import type { LayoutFile, LayoutFiles } from './layout-files.ts'

/** OCI image specification, image-layout.md. */
export const indexKey = 'index.json'
export const markerKey = 'oci-layout'
const layoutVersion = '1.0.0'

/** The content of `oci-layout`. */
export function layoutMarker(): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ imageLayoutVersion: layoutVersion }))
}

const entrySchema = v.looseObject({
  mediaType: v.string(),
  digest: v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a sha256 or sha512 digest'),
  size: v.pipe(v.number(), v.safeInteger('is not a whole number of bytes'), v.minValue(0, 'is negative')),
  annotations: v.nullish(v.record(v.string(), v.string())),
})
const indexSchema = v.looseObject({ schemaVersion: v.literal(2), manifests: v.nullish(v.array(entrySchema), []) })
const markerSchema = v.looseObject({ imageLayoutVersion: v.string() })

/** index.json as it stands, with every field that we do not know of. */
export interface LayoutIndex {
  readonly document: v.InferOutput<typeof indexSchema>
  /** Absent where what holds the layout gives none. */
  readonly etag?: string
}

/**
 * Reads what a layout says of itself; `undefined` where there is no layout.
 *
 * @throws LadingError `bad-layout` where it is malformed or of a version that we do not know
 */
export async function readLayoutIndex(store: LayoutFiles, signal?: AbortSignal): Promise<LayoutIndex | undefined> {
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
  return { document: index.value, ...(index.etag === undefined ? {} : { etag: index.etag }) }
}

/**
 * Gives `root` the name, as the containers tools do: an entry that had the name stays, without it; an unnamed entry of the same
 * digest is replaced.
 *
 * @returns whether anything had to be written
 * @throws LadingError `tag-exists`, `precondition-failed` where the name has not what it is expected to have
 */
export async function writeLayoutEntry(
  store: ObjectStore,
  root: Descriptor,
  { name, expect }: { readonly name: string | undefined; readonly expect: Expectation | undefined },
  signal?: AbortSignal,
): Promise<boolean> {
  return await changeLayoutIndex(
    store,
    async entries => {
      if (currentDigest(entries, name) === root.digest) return undefined
      checkExpectation(entries, name, expect)
      return withEntry(entries, root, name)
    },
    signal,
  )
}

/**
 * Changes the entries of index.json, and makes it where there is none. A change to `undefined` writes nothing. Where somebody else changes it
 * meanwhile, what they wrote is changed.
 *
 * @returns whether anything was written
 */
export async function changeLayoutIndex(
  store: ObjectStore,
  change: (entries: readonly Entry[]) => Promise<readonly Entry[] | undefined>,
  signal?: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const index = await readLayoutIndex(store, signal)
    const document = index?.document ?? { schemaVersion: 2, mediaType: ociIndex, manifests: [] }
    const manifests = await change(document.manifests)
    if (manifests === undefined) return false
    try {
      if (index === undefined) await store.put(markerKey, layoutMarker(), { signal })
      const bytes = new TextEncoder().encode(JSON.stringify({ ...document, manifests }))
      await store.put(indexKey, bytes, { signal, ...conditionOf(index) })
      return true
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
    }
  }
}

/** What is replaced is what was read. */
export function conditionOf(index: LayoutIndex | undefined): Pick<PutOptions, 'ifMatch' | 'ifNoneMatch'> {
  if (index === undefined) return { ifNoneMatch: '*' }
  if (index.etag === undefined) throw new LadingError('internal', `the store gave no etag for ${indexKey}`)
  return { ifMatch: index.etag }
}

async function readDocument<T extends v.GenericSchema>(
  files: LayoutFiles,
  key: string,
  schema: T,
  signal: AbortSignal | undefined,
): Promise<{ value: v.InferOutput<T>; etag?: string } | undefined> {
  let found: LayoutFile
  try {
    found = await files.get(key, { signal })
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
  const bytes = await readAll(found.body, maxManifestBytes, key)
  let value: unknown
  try {
    value = readJson(new TextDecoder('utf-8').decode(bytes))
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
  const { etag } = found.info
  return { value: parsed.output, ...(etag === undefined ? {} : { etag }) }
}
