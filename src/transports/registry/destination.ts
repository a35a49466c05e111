import path from 'node:path'
import { createEcrRepository, parseEcrRegistry } from '../../auth/index.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { isManifestNode, type Node } from '../../model/descriptor.ts'
import { type Digest, digestParts } from '../../model/digest.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { manifestDigest } from '../../model/manifest-digest.ts'
import { cacheFolder } from '../../stores/cache-folder.ts'
import { type Bytes, type Draft, readAll } from '../../streams/index.ts'
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
import { type BlobAddress, hasBlob } from './blobs.ts'
import { fetchManifest, hasManifest, type ManifestAddress, putManifest, resolveManifest } from './manifests.ts'
import { mountBlob } from './mount.ts'
import { openPlace } from './open-place.ts'
import { formatRegistryReference, type RegistryReference } from './reference.ts'
import { loadRegistriesConf } from './registries-conf/load-conf.ts'
import { placeToWrite } from './registries-conf/places-to-read.ts'
import { awsIdentity, type RegistryClient } from './registry-client.ts'
import { type RegistrySignatures, registrySignatures, type SignatureContext } from './signatures/registry-signatures.ts'
import { uploadBlob } from './upload.ts'
import { uploadDraft } from './upload-draft.ts'
import { abortUpload, type UploadSession } from './upload-session.ts'

/**
 * Opens a name in a registry for writing. Nothing is asked of the registry before it is needed.
 *
 * @throws LadingError `bad-config`, `blocked`
 */
export async function openRegistryDestination(
  reference: RegistryReference,
  context: TransportContext,
): Promise<ImageDestination> {
  const place = placeToWrite(await loadRegistriesConf(context), reference)
  return new RegistryDestination(
    reference,
    await openPlace(place, reference, context),
    await repositoryMaker(reference, context),
    context,
  )
}

/** How the repository is made, where it has to be and the user wants it. */
async function repositoryMaker(
  { registry, repository }: RegistryReference,
  context: TransportContext,
): Promise<(() => Promise<void>) | undefined> {
  const ecr = context.createRepository ? parseEcrRegistry(registry) : undefined
  if (ecr === undefined) return undefined
  const identity = awsIdentity(await context.http(), context)
  return () => createEcrRepository(ecr, repository, identity)
}

class RegistryDestination implements ImageDestination {
  readonly name: string
  // distribution specification, "Pushing Manifests": blobs and manifests that one refers to must be there before it.
  readonly traits: DestinationTraits = {
    ...keepsEverything,
    rootImpliesChildren: true,
    leavesOutForeign: true,
    holdsSchema1: true,
  }
  readonly schema1Name: { readonly name: string; readonly tag: string }
  readonly #reference: RegistryReference
  readonly #blobs: BlobAddress
  /** Uploads that a mount was answered with, and that the blob's push goes on with. */
  readonly #begun = new Map<Digest, UploadSession>()
  /** `false`: the registry refuses to mount what a repository has into itself. */
  #mountsOwn = true
  /** What the name was last known to be: asked once, however often a copy needs it. */
  #known: { readonly digest: Digest | undefined } | undefined

  readonly #signatures: RegistrySignatures
  readonly #temporaryFolder: string | undefined
  /** Where it is kept how far uploads have come. */
  readonly #records: string
  readonly #makeRepository: (() => Promise<void>) | undefined
  #made: Promise<void> | undefined

  constructor(
    reference: RegistryReference,
    client: RegistryClient,
    makeRepository: (() => Promise<void>) | undefined,
    context: Pick<TransportContext, 'temporaryFolder'> & SignatureContext,
  ) {
    const { temporaryFolder, environment } = context
    this.#signatures = registrySignatures(reference, client, 'pull,push', context)
    this.#temporaryFolder = temporaryFolder
    this.#records = path.join(cacheFolder(environment), 'uploads')
    this.#makeRepository = makeRepository
    this.name = formatRegistryReference(reference)
    this.#reference = reference
    this.schema1Name = { name: reference.repository, tag: reference.tag ?? '' }
    this.#blobs = { client, access: { repository: reference.repository, actions: 'pull,push' } }
  }

  async current(signal?: AbortSignal): Promise<Digest | undefined> {
    const found = await resolveManifest(this.#manifest(this.#committedName()), signal)
    this.#known = { digest: found?.node.digest }
    return found?.node.digest
  }

  has(node: Node, signal?: AbortSignal): Promise<boolean> {
    if (isManifestNode(node)) return hasManifest(this.#manifest(node.digest), node.size, signal)
    return hasBlob(this.#blobs, node, signal)
  }

  async manifest(node: Node, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return (await fetchManifest(this.#manifest(node.digest), signal))?.bytes
  }

  async push(node: Node, bytes: Bytes, signal?: AbortSignal): Promise<void> {
    if (isManifestNode(node)) {
      const content = await readAll(bytes.open(0, signal), maxManifestBytes, `the manifest ${node.digest}`)
      const manifest = { mediaType: node.mediaType, bytes: content }
      await this.#inRepository(() => putManifest(this.#manifest(node.digest), manifest, signal))
      return
    }
    const begun = this.#begun.get(node.digest)
    this.#begun.delete(node.digest)
    return this.#inRepository(() => uploadBlob(this.#blobs, node, bytes, { begun, records: this.#records, signal }))
  }

  pushDraft(draft: Draft, signal?: AbortSignal): Promise<void> {
    return uploadDraft(this.#blobs, draft, step => this.#inRepository(step), signal, this.#temporaryFolder)
  }

  async adopt(node: Node, origin: Origin, signal?: AbortSignal): Promise<boolean> {
    const { registry, repository } = this.#reference
    if (isManifestNode(node) || origin.kind !== 'repository') return false
    if (origin.registry !== registry || origin.repository === repository) return false
    const answer = await mountBlob(this.#blobs, node, origin.repository, signal)
    if (answer === 'mounted') return true
    if (answer !== undefined) this.#begun.set(node.digest, answer)
    return false
  }

  /**
   * A blob that is mounted from the repository that it goes to is there if it was there, and begun if it was not. Registries that do not
   * mount begin an upload in any case.
   */
  async findOrBegin(node: Node, signal?: AbortSignal): Promise<boolean> {
    if (this.#begun.has(node.digest)) return false
    if (!this.#mountsOwn) return await this.has(node, signal)
    const answer = await mountBlob(this.#blobs, node, this.#reference.repository, signal)
    // Few of those that are asked for so are there, and a registry that says so of each would end up with an image without blobs.
    if (answer === 'mounted') return await this.has(node, signal)
    if (answer === undefined) this.#mountsOwn = false
    else this.#begun.set(node.digest, answer)
    return false
  }

  attachments(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment> {
    return findAttachments(this.#blobs, subject, signal)
  }

  attach(subject: Digest, attachment: Attachment, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#inRepository(() => attachManifest(this.#blobs, subject, attachment, bytes, signal))
  }

  async checkCommit(root: Node, { expect }: Pick<CommitOptions, 'expect'>): Promise<void> {
    const { digest } = this.#reference
    if (expect !== undefined) {
      throw new LadingError('unsupported', 'a registry has no way to write a tag under a condition', {
        hint: 'in a bucket a tag cannot race; in a registry, make the tag immutable there',
      })
    }
    if (digest === undefined || digest === root.digest) return
    throw new LadingError('digest-mismatch', `the image is ${root.digest}, and cannot be stored as ${digest}`, {
      hint: 'leave the digest out of the destination, or copy every platform unchanged',
    })
  }

  async commit(root: Node, bytes: Uint8Array, options: CommitOptions, signal?: AbortSignal): Promise<CommitResult> {
    await this.checkCommit(root, options)
    const previous = this.#known === undefined ? await this.current(signal) : this.#known.digest
    // Compared in the registry's own algorithm: it names an image of sha512 digests by sha256 too.
    if (previous !== undefined && manifestDigest(bytes, digestParts(previous).algorithm) === previous) {
      return { changed: false, previous }
    }
    await putManifest(this.#manifest(this.#committedName()), { mediaType: root.mediaType, bytes }, signal)
    this.#known = { digest: root.digest }
    return { changed: true, ...(previous === undefined ? {} : { previous }) }
  }

  sigstoreAttachments(): Promise<boolean> {
    return this.#signatures.attachesSigstore()
  }

  signatures(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#signatures.read(manifest, signal)
  }

  putSignatures(manifest: Digest, signatures: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    return this.#signatures.write(manifest, signatures, signal)
  }

  /** Where the registry knows no such repository, makes it once, however many pushes found that out, and does the step again. */
  async #inRepository<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      if (this.#makeRepository === undefined || !isLadingError(error) || error.status !== 404) throw error
      this.#made ??= this.#makeRepository()
      await this.#made
      return await step()
    }
  }

  #committedName(): string {
    const { tag, digest } = this.#reference
    return tag ?? digest ?? 'latest'
  }

  #manifest(name: string): ManifestAddress {
    return { ...this.#blobs, name }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = [...this.#begun.values()]
    this.#begun.clear()
    await Promise.all(left.map(session => abortUpload(this.#blobs, session)))
  }
}
