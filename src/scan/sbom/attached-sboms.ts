import type { ManifestReader } from '../../copy/manifest-reader.ts'
import { parseNode } from '../../copy/parse-node.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { readAll, verify } from '../../streams/index.ts'
import { attestedDigest } from '../../transform/index.ts'
import type { Attachment, ImageSource } from '../../transports/index.ts'
import { holdsStatement } from './read-statement.ts'
import { attachedDocument, type SbomDocument } from './sbom-document.ts'
import { formatOfPredicate, formatOfType } from './sbom-format.ts'

/** How a document belongs to an image: a manifest that names it (`referrer`), a tag made of its digest (`tag`), or an entry beside it in its index. */
export interface SbomOrigin {
  readonly by: 'referrer' | 'tag' | 'index'
  /** The manifest or index that it is about. */
  readonly subject: Digest
  /** The manifest that holds it. */
  readonly digest: Digest
  readonly tag?: string
}

export type AttachedSbom = SbomDocument & { readonly origin: SbomOrigin }

/** So many manifests are looked into for one image. */
const maxAttachments = 1000

/** An image whose attachments are looked for. */
export interface SbomSubject {
  readonly source: ImageSource
  readonly reader: ManifestReader
  /** What the reference names, and of an index the image of one platform. */
  readonly root: Node
  readonly image: Node
  readonly signal?: AbortSignal | undefined
  /** Hears of what is passed over, and why. */
  warn(message: string): void
}

/** Every bill of materials that is attached: those of the image first, then those of the whole index. */
export async function* attachedSboms(subject: SbomSubject): AsyncGenerator<AttachedSbom, void, undefined> {
  const { root, image } = subject
  yield* besideInIndex(subject)
  yield* attachedTo(image, subject)
  if (root.digest !== image.digest) yield* attachedTo(root, subject)
}

/** BuildKit's: an entry of the index whose annotation names the image. */
async function* besideInIndex(subject: SbomSubject): AsyncGenerator<AttachedSbom, void, undefined> {
  const { root, image, reader, signal } = subject
  const index = parseNode(root, await reader.read(root, signal))
  if (index.kind !== 'index') return
  const entries = index.manifests.filter(entry => entry.kind === 'manifest' && attestedDigest(entry) === image.digest)
  for (const entry of entries.slice(0, maxAttachments)) {
    yield* heldBy(entry, { by: 'index', subject: image.digest, digest: entry.digest }, subject)
  }
}

async function* attachedTo(to: Node, subject: SbomSubject): AsyncGenerator<AttachedSbom, void, undefined> {
  const { source, signal } = subject
  let seen = 0
  for await (const attachment of source.attachments?.(to.digest, signal) ?? []) {
    if (++seen > maxAttachments) return subject.warn(`only the first ${maxAttachments} attachments were looked into`)
    if (mayHoldSbom(attachment)) yield* heldBy(attachment.node, originOf(attachment, to.digest), subject)
  }
}

/** Signatures have a tag of their own. */
function mayHoldSbom(attachment: Attachment): boolean {
  if (attachment.node.kind !== 'manifest') return false
  return attachment.by === 'referrer' || !attachment.tag.endsWith('.sig')
}

function originOf(attachment: Attachment, subject: Digest): SbomOrigin {
  const { by, node } = attachment
  return { by, subject, digest: node.digest, ...(attachment.by === 'tag' ? { tag: attachment.tag } : {}) }
}

async function* heldBy(
  node: Node,
  origin: SbomOrigin,
  subject: SbomSubject,
): AsyncGenerator<AttachedSbom, void, undefined> {
  const manifest = await passingOver(node, subject, async () => {
    const read = parseNode(node, await subject.reader.read(node, subject.signal))
    if (origin.by === 'referrer' && read.subject?.digest !== origin.subject) {
      throw new LadingError('bad-manifest', `it does not refer to ${origin.subject}`)
    }
    return read
  })
  if (manifest?.kind !== 'manifest') return
  for (const layer of manifest.layers) {
    if (saysOtherwise({ ...manifest.annotations, ...layer.annotations })) continue
    if (formatOfType(layer.mediaType) === undefined && !holdsStatement(layer.mediaType)) continue
    const document = await passingOver(node, subject, async () =>
      attachedDocument(layer.mediaType, await readBlob(layer, subject), origin.subject),
    )
    if (document !== undefined) yield { ...document, origin }
  }
}

/** What is not there, malformed, or of another image is passed over: there may be one that is right. Nothing else is. */
async function passingOver<T>(node: Node, { warn }: SbomSubject, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!isLadingError(error, 'bad-manifest', 'too-large', 'image-not-found', 'blob-not-found')) throw error
    warn(`what ${node.digest} holds is passed over: ${error.message}`)
    return undefined
  }
}

/** Whether it says beforehand that its statement is about something else than what is in the image: provenance, a scan. */
function saysOtherwise(annotations: Readonly<Record<string, string>>): boolean {
  const said =
    annotations['in-toto.io/predicate-type'] ??
    annotations.predicateType ??
    annotations['dev.sigstore.bundle.predicateType']
  return said !== undefined && formatOfPredicate(said) === undefined
}

/** @throws LadingError `too-large`, `digest-mismatch`, `size-mismatch`, or what the source throws */
async function readBlob(layer: Node, { source, signal }: SbomSubject): Promise<Uint8Array> {
  const what = `the bill of materials ${layer.digest}`
  if (layer.size > limits.sbomBytes) {
    throw new LadingError('too-large', `${what} has more than ${limits.sbomBytes} bytes`, { subject: source.name })
  }
  return await readAll(verify(source.fetch(layer, undefined, signal), layer), limits.sbomBytes, what)
}
