import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { mapInOrder } from '../../streams/index.ts'
import type { ImageDestination, ImageSource } from '../../transports/index.ts'
import { manifestsBelow } from '../attachments/manifests-below.ts'
import type { CopyListener } from '../events.ts'
import type { ManifestReader } from '../manifest-reader.ts'
import type { PreparedImage } from '../prepare-image.ts'
import { mergeSignatures } from './merge-signatures.ts'
import type { Signing } from './open-signers.ts'
import type { CarriedSignatures, SignatureOptions } from './signature-options.ts'
import { attachesSignatures, attachSignatures, readAttachedAsFiles, sortSignatures } from './sigstore-place.ts'

export interface SignatureCopy {
  readonly source: ImageSource
  readonly destination: ImageDestination
  readonly reader: ManifestReader
  readonly options: SignatureOptions & {
    readonly dryRun?: boolean | undefined
    readonly signal?: AbortSignal | undefined
  }
  readonly signing: Signing
  readonly listen: CopyListener
}

/** Signatures that are to be at the destination. */
export interface SignaturePlan {
  readonly result: CarriedSignatures
  /** Whether anything is to be written. */
  readonly isEmpty: boolean
  /** MUST be called before the image's name is written, and once what it is of is stored. */
  write(): Promise<void>
}

const nothing: SignaturePlan = {
  result: { copied: 0, made: 0, leftOut: 0 },
  isEmpty: true,
  write: async () => {},
}

type BySubject = ReadonlyMap<Digest, readonly Uint8Array[]>
/** Places that are asked at once. */
const atOnce = 8

/**
 * Finds the signatures of an image, and what becomes of them: those of every manifest that the destination gets as it is are kept there, and each
 * such manifest is signed by who signs.
 *
 * @throws LadingError `unsupported` where there is no place for them, or with `requireSignatures` where they are of a manifest that changes
 */
export async function planSignatures(copy: SignatureCopy, image: PreparedImage): Promise<SignaturePlan> {
  const { source, destination, options, signing, listen } = copy
  const { removeSignatures = false, requireSignatures = false } = options
  const asFiles = !removeSignatures && (await readsAttached(copy))
  const reads = !removeSignatures && (source.signatures !== undefined || asFiles)
  if (!reads && signing.signers.length === 0) return nothing
  const makesFiles = signing.signers.some(({ format = 'simple' }) => format === 'simple')
  if (makesFiles && destination.putSignatures === undefined) throw noPlace(destination)
  const digests = await digestsOf(copy, image, asFiles)
  const found = reads ? await readSignatures(source, digests.source, asFiles, options.signal) : new Map()
  const left = leftBehind(found, digests.destination, destination)
  if (left !== undefined) {
    if (requireSignatures) throw left.refusal
    listen({ type: 'warning', message: left.message })
  }
  const kept: BySubject = new Map([...found].filter(([digest]) => left?.subjects.has(digest) !== true))
  const hasSigstore = [...kept.values()].some(files => sortSignatures(files).sigstore.length > 0)
  const attaches =
    hasSigstore || signing.signers.some(({ format }) => format === 'sigstore')
      ? await attachesSignatures(destination, options.sigstoreAttachments === 'configured', options.signal)
      : false
  const made = signing.signers.length === 0 ? [] : digests.destination
  const result = {
    copied: countOf(kept),
    made: made.length * signing.signers.length,
    leftOut: countOf(found) - countOf(kept),
  }
  const subjects = made.length === 0 ? [...kept.keys()] : digests.destination
  return { result, isEmpty: subjects.length === 0, write: () => writeAll(copy, subjects, kept, attaches) }
}

/**
 * Whether signatures that are attached are read as those that are kept beside a manifest: where the configuration says so, as the containers tools
 * do; else where the destination keeps files alone, since attachments go where there is a place for them.
 */
async function readsAttached({ source, destination, options }: SignatureCopy): Promise<boolean> {
  if (source.attachments === undefined) return false
  if (options.sigstoreAttachments === 'configured') return (await source.sigstoreAttachments?.(options.signal)) ?? false
  return destination.attach === undefined && destination.putSignatures !== undefined
}

/** Of an image that is at the destination already: what is below its root is looked at where the root is signed, or will be. */
async function digestsOf({ source, reader, options, signing }: SignatureCopy, image: PreparedImage, asFiles: boolean) {
  const { found, selection, root, made, unchanged } = image
  const { signal } = options
  if (unchanged && signing.signers.length === 0) {
    const own = await filesOf(source, root.digest, asFiles, signal)
    if (own.length === 0) return { source: [], destination: [] }
  }
  const below = (node: Node) => manifestsBelow(node, reader, selection.absent, signal)
  const destination = made === undefined ? await below(root) : [made.root.digest]
  const isRewritten = selection.root.kind === 'index' && selection.root.digest !== found.digest
  const before = [...(isRewritten ? [found.digest] : []), ...(await below(selection.root))]
  return { source: [...new Set([...before, ...destination])], destination }
}

async function readSignatures(
  source: ImageSource,
  digests: readonly Digest[],
  asFiles: boolean,
  signal: AbortSignal | undefined,
): Promise<BySubject> {
  const read = async (digest: Digest) => [digest, await filesOf(source, digest, asFiles, signal)] as const
  const found = new Map<Digest, readonly Uint8Array[]>()
  for await (const [digest, list] of mapInOrder(digests, atOnce, read)) if (list.length > 0) found.set(digest, list)
  return found
}

/** @param asFiles those that are attached too */
async function filesOf(
  source: ImageSource,
  digest: Digest,
  asFiles: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const beside = (await source.signatures?.(digest, signal)) ?? []
  return asFiles ? [...beside, ...(await readAttachedAsFiles(source, digest, signal))] : beside
}

function leftBehind(found: BySubject, kept: readonly Digest[], destination: ImageDestination) {
  const hasPlace = destination.putSignatures !== undefined
  const canHold = (files: readonly Uint8Array[]) =>
    hasPlace || (destination.attach !== undefined && sortSignatures(files).files.length === 0)
  const lost = [...found]
    .filter(([digest, files]) => !canHold(files) || !kept.includes(digest))
    .map(([digest]) => digest)
  if (lost.length === 0) return undefined
  const details = { operation: 'copy signatures', subject: destination.name, side: 'destination' } as const
  const hint = hasPlace
    ? 'copy it as it is, or leave them out with --remove-signatures, and sign the copy with --sign-by'
    : 'leave them out with --remove-signatures'
  const why = hasPlace
    ? `what they are of has changed: ${lost.join(', ')}`
    : `there is no place for them in ${destination.name}`
  return {
    subjects: new Set(lost),
    message: `signatures of the image were left behind: ${why}`,
    refusal: new LadingError('unsupported', `the image's signatures cannot be copied: ${why}`, { ...details, hint }),
  }
}

async function writeAll(
  copy: SignatureCopy,
  subjects: readonly Digest[],
  kept: BySubject,
  attaches: boolean,
): Promise<void> {
  const { destination, signing, options } = copy
  const { signal, removeSignatures = false } = options
  for await (const _ of mapInOrder(subjects, atOnce, writeOne));

  async function writeOne(digest: Digest): Promise<void> {
    const { formatImageSignature } = await import('../../trust/image-signature.ts')
    const made: Uint8Array[] = []
    for (const signer of signing.signers) {
      const signature = await signer.sign({ digest, identity: signing.identity ?? '' }, signal)
      made.push(formatImageSignature(signature))
    }
    const carried = kept.get(digest) ?? []
    if (!attaches) return await writeFiles(digest, carried, made)
    const [old, own] = [sortSignatures(carried), sortSignatures(made)]
    await attachSignatures(destination, digest, [...old.sigstore, ...own.sigstore], signal)
    if (old.files.length + own.files.length > 0) await writeFiles(digest, old.files, own.files)
  }

  async function writeFiles(
    digest: Digest,
    carried: readonly Uint8Array[],
    made: readonly Uint8Array[],
  ): Promise<void> {
    const there: readonly Uint8Array[] = removeSignatures
      ? []
      : ((await destination.signatures?.(digest, signal)) ?? [])
    await destination.putSignatures?.(digest, await mergeSignatures(there, carried, made), signal)
  }
}

function countOf(found: BySubject): number {
  return [...found.values()].reduce((sum, { length }) => sum + length, 0)
}

function noPlace({ name }: ImageDestination): LadingError {
  return new LadingError('unsupported', `there is no place for signatures in ${name}`, {
    operation: 'sign',
    subject: name,
    side: 'destination',
    hint: 'registries, buckets and dir: keep them',
  })
}
