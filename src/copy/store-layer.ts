import { LadingError } from '../errors/index.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { type Digest, type DigestAlgorithm, digestParts } from '../model/digest.ts'
import { type LayerCompression, layerCompression, layerTypeAs, ociLayer } from '../model/media-types.ts'
import {
  type ByteStream,
  type Compression,
  compress,
  createDraft,
  type Draft,
  decompress,
  spool,
} from '../streams/index.ts'
import type { ImageDestination } from '../transports/index.ts'

/** A layer as the destination has it. */
export interface StoredLayer {
  readonly digest: Digest
  readonly size: number
  readonly compression: LayerCompression
  /** Whether its bytes passed through here. */
  readonly fresh: boolean
}

export interface LayerForm {
  /** How the bytes that come are compressed. */
  readonly from: Compression
  readonly to: LayerCompression
  /** Digest of the uncompressed layer, where something claims to know it: bytes that have another one are refused. */
  readonly diffId?: Digest | undefined
  /** The digest under which the bytes came. What is stored as it is keeps its algorithm. */
  readonly named?: Digest | undefined
  /** It is no archive: nothing is remembered of it. */
  readonly isDocument?: boolean | undefined
}

/**
 * Stores a layer whose bytes come once, compressed as the destination shall have it. The uncompressed digest of what was compressed
 * here is remembered with it; of a layer that stays uncompressed, that it is there, with its size.
 *
 * @throws LadingError `digest-mismatch` where the uncompressed layer is not the one it is said to be, and then nothing is stored
 */
export async function storeLayer(
  body: ByteStream,
  { from, to, diffId, named, isDocument = false }: LayerForm,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<StoredLayer> {
  const plain = from === to ? undefined : createDraft(decompress(body, from), algorithmOf(diffId))
  const draft =
    plain === undefined
      ? createDraft(body, algorithmOf(named))
      : to === 'none'
        ? createDraft(checked(plain, diffId), algorithmOf(diffId))
        : createDraft(compress(checked(plain, diffId), to))
  await storeDraft(draft, destination, signal)
  const stored = { digest: draft.digest(), size: draft.size, compression: to, fresh: true }
  if (to !== 'none' && plain !== undefined) {
    await destination.rememberVariant?.(plain.digest(), variantOf(stored), signal)
  } else if (from === 'none' && !isDocument) {
    await destination.rememberVariant?.(stored.digest, variantOf(stored), signal)
  }
  return stored
}

/** What the destination has already of the layer with this uncompressed digest. */
export async function findVariant(
  diffId: Digest,
  compression: LayerCompression,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<StoredLayer | undefined> {
  const variants = (await destination.variants?.(diffId, signal)) ?? []
  const found = variants.find(({ mediaType }) => layerCompression(mediaType) === compression)
  return found && { digest: found.digest, size: found.size, compression, fresh: false }
}

function variantOf({ digest, size, compression }: StoredLayer): Descriptor {
  return { mediaType: layerTypeAs(ociLayer, compression), digest, size }
}

async function* checked(plain: Draft, expected: Digest | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  yield* plain.read()
  if (expected === undefined || plain.digest() === expected) return
  throw new LadingError(
    'digest-mismatch',
    `the uncompressed layer is ${plain.digest()}, and was said to be ${expected}`,
    {
      side: 'source',
      hint: 'the image is damaged: its config names other layers than it has',
    },
  )
}

function algorithmOf(digest: Digest | undefined): DigestAlgorithm {
  return digest === undefined ? 'sha256' : digestParts(digest).algorithm
}

async function storeDraft(draft: Draft, destination: ImageDestination, signal: AbortSignal): Promise<void> {
  if (destination.pushDraft !== undefined) return await destination.pushDraft(draft, signal)
  await using kept = await spool(draft)
  const node = { kind: 'layer', mediaType: ociLayer, digest: draft.digest(), size: draft.size } as const
  await destination.push(node, kept.bytes, signal)
}
