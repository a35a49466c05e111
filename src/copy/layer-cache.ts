import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import * as v from 'valibot'
import { type LayerVariant, variantSchema } from '../layout/index.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { cacheFolder } from '../stores/cache-folder.ts'
import { replaceFile } from '../streams/replace-file.ts'
import type { ImageDestination } from '../transports/index.ts'

/** Layers that are remembered at most, those of longest ago forgotten first: some hundred bytes each. */
const maxLayers = 5000
const maxVariants = 8

const digest = v.custom<Digest>(value => typeof value === 'string' && isDigest(value))
const documentSchema = v.record(digest, v.array(variantSchema))
type Layers = Map<Digest, readonly LayerVariant[]>

/**
 * The same destination, whose methods are its own; where it does not remember itself which blobs were compressed from which layer, this machine does, in one file
 * under the user's cache folder. What is remembered is believed only while the destination has the blob.
 *
 * Whatever goes wrong with the file is no error: then the layer is compressed again.
 */
export function rememberingDestination(
  destination: ImageDestination,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ImageDestination {
  if (destination.variants !== undefined || destination.rememberVariant !== undefined) return destination
  const file = path.join(cacheFolder(environment), 'layers.json')
  let layers: Promise<Layers> | undefined
  let writing = Promise.resolve()
  return {
    ...destination,
    async variants(diffId, signal) {
      layers ??= readLayers(file)
      const known = (await layers).get(diffId) ?? []
      const there = await Promise.all(known.map(one => destination.has({ kind: 'layer', ...one }, signal)))
      return known.filter((_, at) => there[at])
    },
    rememberVariant(diffId, variant) {
      if (variant.digest === diffId) return Promise.resolve()
      writing = writing.then(() => addLayer(file, diffId, variant))
      return writing
    },
  }
}

async function readLayers(file: string): Promise<Layers> {
  try {
    const document = v.safeParse(documentSchema, JSON.parse(await readFile(file, 'utf8')))
    return new Map(document.success ? (Object.entries(document.output) as [Digest, LayerVariant[]][]) : [])
  } catch {
    return new Map()
  }
}

/** Of two processes that write at once one may be forgotten: its layer is compressed once more. */
async function addLayer(file: string, diffId: Digest, variant: LayerVariant): Promise<void> {
  try {
    const layers = await readLayers(file)
    const others = (layers.get(diffId) ?? []).filter(one => one.digest !== variant.digest)
    layers.delete(diffId)
    layers.set(diffId, [variant, ...others].slice(0, maxVariants))
    await mkdir(path.dirname(file), { recursive: true })
    await replaceFile(file, JSON.stringify(Object.fromEntries([...layers].slice(-maxLayers))))
  } catch {
    // A home that cannot be written to: nothing is kept.
  }
}
