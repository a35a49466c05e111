import { LadingError } from '../errors/index.ts'
import type { LayerVariant } from '../layout/index.ts'
import { type Digest, type DigestAlgorithm, digestParts } from '../model/digest.ts'
import { compressionOf, type LayerForm, layerForm } from '../model/layer-form.ts'
import { layerTypeAs, ociLayer } from '../model/media-types.ts'
import { type ByteStream, type Compression, createDraft, type Draft, decompress, spool } from '../streams/index.ts'
import type { LayerEncryption } from '../transform/encryption/index.ts'
import type { ImageDestination } from '../transports/index.ts'
import { checkedAside } from './checked-aside.ts'
import { compressLayer } from './compress-layer.ts'

/** A layer as the destination has it. */
export interface StoredLayer {
  readonly digest: Digest
  readonly size: number
  readonly form: LayerForm
  /** What its descriptor has to say of its bytes. */
  readonly annotations?: Readonly<Record<string, string>>
  /** What became of its secrecy on the way. Encrypted, what opens it is in `annotations`. */
  readonly became?: 'encrypted' | 'decrypted'
  /** Whether its bytes passed through here. */
  readonly fresh: boolean
}

/** How layers are stored, whichever they are. */
export interface LayerSettings {
  /** Of the compression. Default: what is common for it. */
  readonly level?: number | undefined
  /** Find out the digest first, through a temporary file, and send only what is not there. */
  readonly precompute?: boolean | undefined
  /** Where a temporary file is made. */
  readonly temporaryFolder?: string | undefined
  /** Layers are stored encrypted, and never otherwise. */
  readonly encrypt?: Pick<LayerEncryption, 'seal'> | undefined
}

export interface LayerWork extends LayerSettings {
  /** How the bytes that come are compressed. */
  readonly from: Compression
  readonly to: LayerForm
  /** They stay as they are, however they are compressed. */
  readonly asIs: boolean
  /** Digest of the uncompressed layer, where something claims to know it: bytes that have another one are refused. */
  readonly diffId?: Digest | undefined
  /** The digest under which the bytes came. What is stored as it is keeps its algorithm. */
  readonly named?: Digest | undefined
  /** It is no archive: nothing is remembered of it. */
  readonly isDocument?: boolean | undefined
  /** It has been decrypted: which layer it is has to be proved where it stays as it is, too. */
  readonly decrypted?: boolean | undefined
}

/**
 * Stores a layer whose bytes come once, in the form that the destination shall have. The uncompressed digest of what was compressed
 * here is remembered with it; of a layer that stays uncompressed, that it is there, with its size.
 *
 * @throws LadingError `digest-mismatch` where the uncompressed layer is not the one it is said to be, and then nothing is stored
 */
export async function storeLayer(
  body: ByteStream,
  work: LayerWork,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<StoredLayer> {
  const { from, to, asIs, diffId, named, isDocument = false, decrypted = false, level, precompute = false } = work
  const plain = asIs ? undefined : createDraft(decompress(body, from), algorithmOf(diffId))
  const made = plain === undefined || to === 'none' ? undefined : compressLayer(checked(plain, diffId), to, level)
  const kept = decrypted ? blameSource(diffId === undefined ? body : checkedAside(body, from, diffId)) : body
  const formed = plain === undefined ? kept : blameSource(made?.bytes ?? checked(plain, diffId))
  const encrypted = work.encrypt && (await import('../transform/encryption/index.ts')).encryptLayer(formed)
  const algorithm = plain === undefined ? algorithmOf(named) : made === undefined ? algorithmOf(diffId) : 'sha256'
  const draft = createDraft(encrypted?.bytes ?? formed, algorithm)
  const isNew = made !== undefined || decrypted
  const there = await storeDraft(draft, precompute && isNew && !encrypted, work.temporaryFolder, destination, signal)
  const { secret, seal } = encrypted?.finish() ?? {}
  const annotations = secret && seal ? await work.encrypt?.seal(secret, seal, signal) : made?.annotations()
  const became = encrypted ? 'encrypted' : decrypted ? 'decrypted' : undefined
  const stored: StoredLayer = {
    digest: draft.digest(),
    size: draft.size,
    form: to,
    ...(annotations === undefined ? {} : { annotations }),
    ...(became === undefined ? {} : { became }),
    fresh: !there,
  }
  // Nothing is remembered that tells which encrypted layer is which plain one.
  if (became !== undefined) return stored
  if (plain !== undefined && made !== undefined) {
    await destination.rememberVariant?.(plain.digest(), variantOf(stored, level), signal)
  } else if (from === 'none' && !isDocument) {
    await destination.rememberVariant?.(stored.digest, variantOf(stored, undefined), signal)
  }
  return stored
}

/** What the destination has already of the layer with this uncompressed digest. */
export async function findVariant(
  diffId: Digest,
  form: LayerForm,
  level: number | undefined,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<StoredLayer | undefined> {
  const variants = (await destination.variants?.(diffId, signal)) ?? []
  const found = variants.find(
    variant => layerForm(variant) === form && (form === 'none' || level === undefined || variant.level === level),
  )
  if (found === undefined) return undefined
  const { digest, size, annotations } = found
  return { digest, size, form, ...(annotations === undefined ? {} : { annotations }), fresh: false }
}

function variantOf({ digest, size, form, annotations }: StoredLayer, level: number | undefined): LayerVariant {
  return {
    mediaType: layerTypeAs(ociLayer, compressionOf(form)),
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
    ...(level === undefined ? {} : { level }),
  }
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

/** What cannot be unpacked, or is no archive, came so: whoever reads the bytes is not to blame. */
async function* blameSource(bytes: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes
  } catch (error) {
    throw error instanceof LadingError ? error.with({ side: 'source', operation: 'read layer' }) : error
  }
}

function algorithmOf(digest: Digest | undefined): DigestAlgorithm {
  return digest === undefined ? 'sha256' : digestParts(digest).algorithm
}

/** @returns whether the destination had it, and nothing was sent */
async function storeDraft(
  draft: Draft,
  precompute: boolean,
  temporaryFolder: string | undefined,
  destination: ImageDestination,
  signal: AbortSignal,
): Promise<boolean> {
  if (destination.pushDraft !== undefined && !precompute) {
    await destination.pushDraft(draft, signal)
    return false
  }
  await using kept = await spool(draft, temporaryFolder)
  const node = { kind: 'layer', mediaType: ociLayer, digest: draft.digest(), size: draft.size } as const
  if (precompute && (await destination.has(node, signal))) return true
  await destination.push(node, kept.bytes, signal)
  return false
}
