import { isLadingError, LadingError } from '../../errors/index.ts'
import {
  addVariant,
  blobKey,
  checkTagWrite,
  type LayerVariant,
  type LeaseClock,
  readImmutable,
  readTag,
  readVariants,
  type TagRecord,
  tagHolds,
  type WriteGuard,
  writeGuard,
  writeTag,
} from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { type ObjectStore, putDraft, putNode, type Upload } from '../../stores/index.ts'
import { type Bytes, bytesOf, type Draft } from '../../streams/index.ts'
import { adoptObject } from '../adopt-object.ts'
import {
  type Attachment,
  type CommitOptions,
  type CommitResult,
  type DestinationTraits,
  type ImageDestination,
  keepsEverything,
  type Origin,
  type TransportContext,
} from '../transport.ts'
import { attachManifest, findAttachments } from './attachments.ts'
import { BlobPage } from './blob-page.ts'
import { readManifestBlob } from './find-manifest.ts'
import { openBucket } from './open-bucket.ts'
import type { BucketReference } from './reference.ts'
import { BucketSignatures } from './signatures.ts'
import { type BucketImage, bucketImage } from './source.ts'

export async function openBucketDestination(
  reference: BucketReference,
  context: TransportContext,
): Promise<ImageDestination> {
  const { store, path } = await openBucket(reference, { what: 'image', create: true }, context)
  return bucketDestination(store, bucketImage(reference, path))
}

/** @param clock measures how long the copy takes, for the lease that it holds */
export function bucketDestination(store: ObjectStore, image: BucketImage, clock?: LeaseClock): ImageDestination {
  return new BucketDestination(store, image, clock)
}

class BucketDestination implements ImageDestination {
  readonly name: string
  /**
   * A store takes any object: a root may be there whose blobs somebody removed. Nobody else would refuse an index whose manifests are
   * not there, and who pulls it would find out.
   */
  readonly traits: DestinationTraits = { ...keepsEverything, keepsUnnamed: true, holdsSparseIndex: false }
  readonly #store: ObjectStore
  readonly #image: BucketImage
  readonly #signatures: BucketSignatures
  readonly #guard: WriteGuard
  readonly #page: BlobPage
  /** The tag as it was found, once it was looked for. */
  #tag: { readonly record: TagRecord | undefined } | undefined
  readonly findOrBegin?: (node: Node, signal?: AbortSignal) => Promise<boolean>

  constructor(store: ObjectStore, image: BucketImage, clock?: LeaseClock) {
    this.name = image.name
    this.#store = store
    this.#signatures = new BucketSignatures(store)
    this.#image = image
    this.#guard = writeGuard(store, clock)
    this.#page = new BlobPage(store)
    // In a cloud the request that writes a small blob costs what a question for it does. In a directory a look costs less than the bytes.
    if (store.listing === 'by-prefix') this.findOrBegin = async () => false
  }

  begin(): void {
    this.#guard.begin()
  }

  async current(signal?: AbortSignal): Promise<Digest | undefined> {
    const { image, tag, digest } = this.#image
    if (tag !== undefined) {
      this.#tag = { record: await readTag(this.#store, image, tag, signal) }
      return this.#tag.record?.digest
    }
    if (digest === undefined) return undefined
    return (await readManifestBlob(this.#store, digest, signal)) === undefined ? undefined : digest
  }

  async has(node: Node, signal?: AbortSignal): Promise<boolean> {
    const isDoubtful = await this.#guard.protect(node.digest, signal)
    const listed = isDoubtful ? undefined : await this.#page.find(node.digest, signal)
    const { size } = listed ?? (await this.#store.head(blobKey(node.digest), { signal })) ?? {}
    const isThere = size === node.size
    if (!isThere) this.#guard.notThere(node.digest)
    return isThere
  }

  async manifest(node: Node, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const blob = await this.document(node.digest, signal)
    if (blob !== undefined || this.#image.tag === undefined) return blob
    // Other tags may hold it as well, but reading all of them would cost more than reading it at the source.
    if (this.#tag === undefined) await this.current(signal)
    const record = this.#tag?.record
    return record !== undefined && tagHolds(record, node.digest) ? record.bytes : undefined
  }

  async push(node: Node, bytes: Bytes, signal?: AbortSignal): Promise<void> {
    const key = await this.#keyToWrite(node.digest, signal)
    try {
      await putNode(this.#store, key, node, bytes, signal)
    } catch (error) {
      // It may be there, which nobody has asked, and be kept as it is: by a retention policy, or from an identity that may only create.
      if (isManifestNode(node) || !isLadingError(error, 'denied')) throw error
      if ((await this.#store.head(key, { signal }))?.size !== node.size) throw error
    }
  }

  async upload(node: Node, signal?: AbortSignal): Promise<Upload | undefined> {
    const { digest, size } = node
    if (this.#store.upload === undefined) return undefined
    return await this.#store.upload(await this.#keyToWrite(digest, signal), { size, content: digest, signal })
  }

  async document(digest: Digest, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    await this.#guard.protect(digest, signal)
    const bytes = await readManifestBlob(this.#store, digest, signal)
    if (bytes === undefined) this.#guard.notThere(digest)
    return bytes
  }

  async pushDraft(draft: Draft, signal?: AbortSignal): Promise<void> {
    this.begin()
    await putDraft(this.#store, draft, digest => this.#keyToWrite(digest, signal), signal)
  }

  async variants(diffId: Digest, signal?: AbortSignal): Promise<readonly LayerVariant[]> {
    const known = await readVariants(this.#store, diffId, signal)
    await Promise.all(known.map(({ digest }) => this.#guard.protect(digest, signal)))
    const there = await Promise.all(known.map(({ digest }) => this.#store.head(blobKey(digest), { signal })))
    return known.filter(({ digest, size }, at) => {
      const isThere = there[at]?.size === size
      if (!isThere) this.#guard.notThere(digest)
      return isThere
    })
  }

  rememberVariant(diffId: Digest, variant: LayerVariant, signal?: AbortSignal): Promise<void> {
    return addVariant(this.#store, diffId, variant, signal)
  }

  async adopt(node: Node, origin: Origin, signal?: AbortSignal): Promise<boolean> {
    if (origin.kind !== 'object' || this.#store.copyFrom === undefined) return false
    return await adoptObject(this.#store, await this.#keyToWrite(node.digest, signal), node, origin, signal)
  }

  signatures(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#signatures.read(manifest, signal)
  }

  putSignatures(manifest: Digest, signatures: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    return this.#signatures.write(manifest, signatures, signal)
  }

  attachments(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment> {
    return findAttachments({ store: this.#store, image: this.#image.image }, subject, { isWhole: false, signal })
  }

  async attach(subject: Digest, attachment: Attachment, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#keepRoot(attachment.node, bytes, signal)
    await this.#guard.confirm(signal)
    await attachManifest({ store: this.#store, image: this.#image.image }, subject, attachment, bytes, signal)
  }

  async checkCommit(
    root: Node,
    { force, expect }: Pick<CommitOptions, 'force' | 'expect'>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { image, tag } = this.#image
    this.#refuseOtherDigest(root.digest)
    if (tag === undefined) return
    const immutable = !force && (await readImmutable(this.#store, image, signal))
    const write = { image, tag, digest: root.digest, immutable, expect, signal }
    if (immutable || expect !== undefined) await checkTagWrite(this.#store, write)
  }

  async commit(root: Node, bytes: Uint8Array, options: CommitOptions, signal?: AbortSignal): Promise<CommitResult> {
    const { image, tag, digest } = this.#image
    this.#refuseOtherDigest(root.digest)
    // Who forces it may be whom a malformed configuration keeps from mending something.
    const asksImmutable = tag !== undefined && !options.force
    const [existed, immutable] = await Promise.all([
      this.#keepRoot(root, bytes, signal),
      asksImmutable && readImmutable(this.#store, image, signal),
    ])
    // By digest alone, content is all there is: it has no name to become visible under.
    if (tag === undefined)
      return { changed: !existed, ...(existed && digest !== undefined ? { previous: digest } : {}) }
    await this.#guard.confirm(signal)
    return await writeTag(this.#store, {
      image,
      tag,
      digest: root.digest,
      bytes,
      imageBytes: options.imageBytes,
      immutable,
      expect: options.expect,
      signal,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#guard[Symbol.asyncDispose]()
    await this.#store[Symbol.asyncDispose]()
  }

  /** Whether the root was kept as content already. */
  async #keepRoot(root: Node, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    if ((await readManifestBlob(this.#store, root.digest, signal)) !== undefined) return true
    await this.push(root, bytesOf(bytes), signal)
    return false
  }

  /** Where content is kept. What is there under this key already may be condemned. */
  async #keyToWrite(digest: Digest, signal: AbortSignal | undefined): Promise<string> {
    this.begin()
    await this.#guard.protect(digest, signal)
    return blobKey(digest)
  }

  #refuseOtherDigest(digest: Digest): void {
    const wanted = this.#image.digest
    if (wanted === undefined || wanted === digest) return
    throw new LadingError('digest-mismatch', `the image's digest is ${digest}`, {
      operation: 'commit',
      subject: this.name,
      hint: 'name the destination by a tag: a digest follows from the content',
    })
  }
}
