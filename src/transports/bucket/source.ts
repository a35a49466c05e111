import { isLadingError, LadingError } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import { blobKey, readTag } from '../../layout/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { detectMediaType, maxManifestBytes } from '../../model/manifest.ts'
import { isIndexType } from '../../model/media-types.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { ByteRange, ByteStream } from '../../streams/index.ts'
import { objectOrigin } from '../adopt-object.ts'
import { type Attachment, type ImageSource, type Origin, readAsStored, type TransportContext } from '../transport.ts'
import { findAttachments } from './attachments.ts'
import { findInHistory, findManifest } from './find-manifest.ts'
import { openBucket } from './open-bucket.ts'
import { type BucketReference, formatBucketReference } from './reference.ts'
import { BucketSignatures } from './signatures.ts'
import { tagNotFound } from './tag-not-found.ts'

/** Which image of an open store, and how the user named it. */
export interface BucketImage {
  readonly name: string
  /** The same, with the bucket's root, where it was opened by a reference. */
  readonly reference?: BucketReference
  readonly image: string
  /** With both, the digest is what counts. */
  readonly tag?: string
  readonly digest?: Digest
  /** The bytes of the root of this digest, where they are known: they need not be in the bucket. */
  readonly rootBytes?: Uint8Array
}

/** @throws LadingError `bucket-not-found` */
export async function openBucketSource(reference: BucketReference, context: TransportContext): Promise<ImageSource> {
  const { store, root, path } = await openBucket(reference, { what: 'image', create: false }, context)
  return bucketSource(store, { ...bucketImage(reference, path), reference: { ...reference, root, path } })
}

export function bucketImage(reference: BucketReference, image: string): BucketImage {
  const { tag, digest } = reference
  return {
    name: formatBucketReference(reference),
    image,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

export function bucketSource(store: ObjectStore, image: BucketImage): ImageSource {
  return new BucketSource(store, image)
}

class BucketSource implements ImageSource {
  readonly name: string
  readonly reference?: BucketReference
  readonly traits = readAsStored
  readonly #store: ObjectStore
  readonly #image: BucketImage
  readonly #signatures: BucketSignatures
  /** Kept from `resolve`, so that a tag that moves meanwhile does not make `fetch` give another root. */
  #root: { readonly digest: Digest; readonly bytes: Uint8Array } | undefined

  constructor(store: ObjectStore, image: BucketImage) {
    this.name = image.name
    if (image.reference !== undefined) this.reference = image.reference
    this.#store = store
    this.#signatures = new BucketSignatures(store)
    this.#image = image
  }

  async resolve(signal?: AbortSignal): Promise<Node> {
    this.#root ??= await this.#readRoot(signal)
    const { digest, bytes } = this.#root
    if (bytes.byteLength > maxManifestBytes) throw this.#tooLarge()
    const mediaType = detectMediaType(bytes)
    return { kind: isIndexType(mediaType) ? 'index' : 'manifest', mediaType, digest, size: bytes.byteLength }
  }

  async *fetch(node: Node, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const known = this.#root?.digest === node.digest ? this.#root.bytes : undefined
    yield* known === undefined ? await this.#open(node, range, signal) : part(known, range)
  }

  signatures(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#signatures.read(manifest, signal)
  }

  origin(node: Node): Origin | undefined {
    return objectOrigin(this.#store, blobKey(node.digest))
  }

  attachments(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment> {
    return findAttachments({ store: this.#store, image: this.#image.image }, subject, { isWhole: true, signal })
  }

  async locate(node: Node, signal?: AbortSignal): Promise<DirectRequest | undefined> {
    return await this.#store.locate?.(blobKey(node.digest), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]()
  }

  async #open(node: Node, range: ByteRange | undefined, signal: AbortSignal | undefined): Promise<ByteStream> {
    try {
      const { body } = await this.#store.get(blobKey(node.digest), {
        ...(range === undefined ? {} : { range }),
        signal,
      })
      return body
    } catch (error) {
      if (!isLadingError(error, 'blob-not-found')) throw error
      const manifest = isManifestNode(node)
        ? await findManifest(this.#store, this.#image.image, node.digest, signal)
        : undefined
      if (manifest !== undefined) return part(manifest, range)
      throw new LadingError('blob-not-found', `the bucket does not hold the ${node.kind} ${node.digest}`, {
        operation: `read ${node.kind}`,
        subject: this.name,
        hint: 'push the image again: only what is missing is moved',
        cause: error,
      })
    }
  }

  async #readRoot(signal: AbortSignal | undefined): Promise<{ digest: Digest; bytes: Uint8Array }> {
    const { image, tag, digest, rootBytes } = this.#image
    if (digest !== undefined && rootBytes !== undefined) return { digest, bytes: rootBytes }
    if (digest === undefined) {
      const record = await readTag(this.#store, image, tag ?? '', signal)
      if (record !== undefined) return record
      throw await tagNotFound(this.#store, this.#image, 'resolve', signal)
    }
    const bytes = await findManifest(this.#store, image, digest, signal)
    if (bytes !== undefined) return { digest: digestOf(bytes, digestParts(digest).algorithm), bytes }
    const pushed = await findInHistory(this.#store, image, digest, signal)
    throw this.#notFound(
      `the bucket has no manifest ${digest} of ${image}`,
      pushed === undefined
        ? 'see what it has with `lading list --long`'
        : `it was pushed as ${image}:${pushed.tag} at ${pushed.pushedAt}; that tag has moved since, and the manifest is gone`,
    )
  }

  #tooLarge(): LadingError {
    return new LadingError('too-large', `what it holds is larger than a manifest can be: ${maxManifestBytes} bytes`, {
      operation: 'resolve',
      subject: this.name,
      hint: 'copy the image again, or delete the tag',
    })
  }

  #notFound(message: string, hint: string): LadingError {
    return new LadingError('image-not-found', message, { operation: 'resolve', subject: this.name, hint })
  }
}

async function* part(content: Uint8Array, range: ByteRange | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  yield content.subarray(range?.start ?? 0, range?.end)
}
