import { LadingError } from '../../errors/index.ts'
import type { DirectRequest } from '../../http/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import type { ByteRange, ByteStream } from '../../streams/index.ts'
import { type Attachment, type ImageSource, type Origin, readAsStored } from '../transport.ts'
import { findAttachments } from './attachments.ts'
import { locateBlob, readBlob } from './blobs.ts'
import { type FetchedManifest, fetchManifest, resolveManifest } from './manifests.ts'
import type { RegistryReference } from './reference.ts'
import type { RegistryClient } from './registry-client.ts'
import type { RegistrySignatures } from './signatures/registry-signatures.ts'
import { listTags } from './tags.ts'

interface SourceOptions {
  /** What the image is called, wherever it is. */
  readonly name: string
  /** The same. Default: where it is. */
  readonly reference?: RegistryReference | undefined
  /** How often the root is asked for. Default: as often as everything. */
  readonly attempts?: number | undefined
  readonly signatures: RegistrySignatures
}

/** An image of a registry, to be read. Nothing is asked of the registry before it is needed. */
export function registrySource(
  reference: RegistryReference,
  client: RegistryClient,
  options: SourceOptions,
): ImageSource {
  return new RegistrySource(reference, client, options)
}

class RegistrySource implements ImageSource {
  readonly name: string
  readonly reference: RegistryReference
  readonly traits = readAsStored
  readonly #reference: RegistryReference
  readonly #client: RegistryClient
  readonly #attempts: number | undefined
  readonly #signatures: RegistrySignatures
  /** The root, where resolving it meant reading it: it is not read twice. */
  #root: FetchedManifest | undefined

  constructor(
    reference: RegistryReference,
    client: RegistryClient,
    { name, reference: named = reference, attempts, signatures }: SourceOptions,
  ) {
    this.name = name
    this.reference = named
    this.#signatures = signatures
    this.#attempts = attempts
    this.#reference = reference
    this.#client = client
  }

  async resolve(signal?: AbortSignal): Promise<Node> {
    const { registry, repository, tag, digest } = this.#reference
    const name = digest ?? tag ?? 'latest'
    const found = await resolveManifest({ ...this.#manifest(name), attempts: this.#attempts }, signal)
    if (found === undefined) {
      throw new LadingError('image-not-found', `${registry}/${repository} has no ${digest ?? `tag ${name}`}`, {
        status: 404,
        hint: 'check the name and the tag; a private image may need `lading login`',
      })
    }
    const { node, bytes } = found
    this.#root = bytes && { node, bytes }
    return node
  }

  async *fetch(node: Node, range?: ByteRange, signal?: AbortSignal): ByteStream & AsyncGenerator<Uint8Array> {
    const { repository } = this.#reference
    if (!isManifestNode(node)) {
      yield* readBlob({ client: this.#client, access: { repository, actions: 'pull' } }, node, range, signal)
      return
    }
    const known = this.#root?.node.digest === node.digest ? this.#root : undefined
    const found = known ?? (await fetchManifest(this.#manifest(node.digest), signal))
    if (found === undefined) {
      throw new LadingError(
        'image-not-found',
        `${this.#reference.registry}/${repository} has no manifest ${node.digest}`,
        { status: 404 },
      )
    }
    yield found.bytes.subarray(range?.start ?? 0, range?.end)
  }

  sigstoreAttachments(): Promise<boolean> {
    return this.#signatures.attachesSigstore()
  }

  signatures(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#signatures.read(manifest, signal)
  }

  tags(signal?: AbortSignal): AsyncIterable<string> {
    return listTags(this.#client, this.#reference.repository, signal)
  }

  attachments(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment> {
    const access = { repository: this.#reference.repository, actions: 'pull' } as const
    return findAttachments({ client: this.#client, access }, subject, signal)
  }

  async locate(node: Node, signal?: AbortSignal): Promise<DirectRequest | undefined> {
    if (isManifestNode(node)) return undefined
    return await locateBlob(
      { client: this.#client, access: { repository: this.#reference.repository, actions: 'pull' } },
      node.digest,
      signal,
    )
  }

  origin(): Origin {
    const { registry, repository } = this.#reference
    return { kind: 'repository', registry, repository }
  }

  #manifest(name: string) {
    return { client: this.#client, access: { repository: this.#reference.repository, actions: 'pull' }, name } as const
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
