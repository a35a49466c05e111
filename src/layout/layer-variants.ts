import { isDeepStrictEqual } from 'node:util'
import * as v from 'valibot'
import { isLadingError } from '../errors/index.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import type { ObjectStore } from '../stores/index.ts'
import { changeObject } from './change-object.ts'
import { layerKey } from './keys.ts'
import { readDocument } from './read-document.ts'

/** One for every compressor that anybody used; more are dropped, the oldest first. */
const maxVariants = 32
const maxDocumentBytes = limits.layerVariantsBytes

/** A blob that was compressed from a layer. */
export interface LayerVariant extends Descriptor {
  /** Of the compression, where it was asked for. */
  readonly level?: number
}

/** What cannot be understood is no variant. */
export const variantSchema = v.looseObject({
  mediaType: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  digest: v.custom<Digest>(value => typeof value === 'string' && isDigest(value)),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  annotations: v.exactOptional(v.record(v.string(), v.string())),
  level: v.exactOptional(v.number()),
})

const documentSchema = v.looseObject({ variants: v.array(v.unknown()) })

/**
 * The blobs that were compressed from the layer of this uncompressed digest, newest first. That they are still there is not said.
 * What cannot be understood is left out: a layer that is not found is compressed again.
 */
export async function readVariants(store: ObjectStore, diffId: Digest, signal?: AbortSignal): Promise<LayerVariant[]> {
  try {
    const document = await readDocument(store, layerKey(diffId), maxDocumentBytes, signal)
    return parseVariants(document?.bytes).variants.map(variantOf)
  } catch (error) {
    if (isLadingError(error, 'too-large')) return []
    throw error
  }
}

/** Puts a blob first among those of a layer. Of many that do so at once nobody's is lost. */
export async function addVariant(
  store: ObjectStore,
  diffId: Digest,
  variant: LayerVariant,
  signal?: AbortSignal,
): Promise<void> {
  const [newest] = await readVariants(store, diffId, signal)
  if (isDeepStrictEqual(newest, variantOf(variant))) return
  const change = (old: Uint8Array | undefined) => {
    const document = parseVariants(old)
    const known = document.variants.find(({ digest }) => digest === variant.digest)
    const others = document.variants.filter(({ digest }) => digest !== variant.digest)
    const variants = [{ ...known, ...variantOf(variant) }, ...others].slice(0, maxVariants)
    return new TextEncoder().encode(JSON.stringify({ ...document, variants }))
  }
  try {
    const key = layerKey(diffId)
    await changeObject(store, key, () => readDocument(store, key, maxDocumentBytes, signal), change, signal)
  } catch (error) {
    // Something else was put there. It is a note: no copy fails for it.
    if (!isLadingError(error, 'too-large')) throw error
  }
}

/** Without what somebody else may have added. */
function variantOf({ mediaType, digest, size, annotations, level }: LayerVariant): LayerVariant {
  return {
    mediaType,
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
    ...(level === undefined ? {} : { level }),
  }
}

/** Fields that somebody else added are kept, in the document and in its entries. */
function parseVariants(bytes: Uint8Array | undefined): {
  readonly variants: v.InferOutput<typeof variantSchema>[]
  readonly [field: string]: unknown
} {
  const document = v.safeParse(documentSchema, parseJson(bytes))
  if (!document.success) return { variants: [] }
  const variants = document.output.variants.flatMap(entry => {
    const parsed = v.safeParse(variantSchema, entry)
    return parsed.success ? [parsed.output] : []
  })
  return { ...document.output, variants }
}

function parseJson(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes === undefined ? undefined : readJson(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
