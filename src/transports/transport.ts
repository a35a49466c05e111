import type { GivenCredential } from '../auth/index.ts'
import type { Side } from '../errors/index.ts'
import type { DirectRequest } from '../http/index.ts'
import type { LayerVariant } from '../layout/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import type { Platform } from '../model/platform.ts'
import type { ObjectOrigin, StoreContext, Upload } from '../stores/index.ts'
import type { ByteRange, ByteStream, Bytes, Draft } from '../streams/index.ts'
import type { TakeLayer } from './arriving-layer.ts'
import type { Attachment } from './attachment.ts'
import type { CommitOptions, CommitResult } from './commit-options.ts'
import type { RemovedImage, RemoveOptions } from './remove-options.ts'
import type { DestinationTraits, SourceTraits } from './traits.ts'

export type { ArrivingLayer, TakeLayer } from './arriving-layer.ts'
export type { Attachment } from './attachment.ts'
export type { CommitOptions, CommitResult, Expectation } from './commit-options.ts'
export { type DestinationTraits, keepsEverything, readAsStored, type SourceTraits } from './traits.ts'

/** What a user names. Every transport adds its own fields; `parse(format(r))` is the same place as `r`. */
export interface Reference {
  /** The transport's name: its folder. */
  readonly transport: string
}

/** One kind of place that holds images. A transport is a folder here and a line in `table.ts`. */
export interface Transport<R extends Reference = Reference> {
  readonly name: string
  /** What a reference begins with: `docker://`, `oci:`. */
  readonly prefixes: readonly string[]

  /** Pure: no I/O. `text` is the whole reference, prefix included. @throws LadingError `bad-reference` */
  parse(text: string): R
  /** As a user types it. */
  format(reference: R): string

  /** What the reference is a tag of, as a user types it. Absent: a reference names one image, and nothing beside it. */
  formatRepository?(reference: R): string

  /** Whether an image written there goes to this program's standard output, which then has no place for anything else. */
  writesStandardOutput?(reference: R): boolean
  /** Whether an image read there comes from this program's standard input, which can be read once. */
  readsStandardInput?(reference: R): boolean

  openSource?(reference: R, context: TransportContext): Promise<ImageSource>
  openDestination?(reference: R, context: TransportContext): Promise<ImageDestination>

  /**
   * Removes what the reference names, and of what only that image needs as much as the place lets us. MUST leave every other image
   * whole. Absent: what is to go is a file or a directory, which its user removes.
   *
   * @throws LadingError `image-not-found` where there is none
   */
  remove?(reference: R, context: TransportContext, options: RemoveOptions): Promise<RemovedImage>
  /** `remove` removes a tag alone, and does what the options say. Others take none. */
  readonly removesTags?: true
}

/** What a transport is opened with. Both sides of a copy share one `http`, and so connections, limits and tokens. */
export interface TransportContext extends StoreContext {
  readonly side: Side
  readonly credentials: CredentialOptions
  /** Of a registry: `false` accepts plain HTTP too where HTTPS is not answered; `undefined`: HTTPS, plain HTTP for loopback. */
  readonly tlsVerify?: boolean | undefined
  /** `--registries-conf`: the registries.conf that is read in the place of the user's and the system's. */
  readonly registriesConf?: string | undefined
  /** `--registries.d`: the folder that is read in the place of the user's and the system's registries.d. */
  readonly registriesD?: string | undefined
  /** HTTPS for loopback too, where nothing says otherwise. */
  readonly tlsOnLoopback?: boolean | undefined
  /** `--cert-dir`: the folder of certificates for this side's registry or daemon, in the place of those that are looked for. */
  readonly certDir?: string | undefined
  /** Make the repository where a registry that keeps a list of them (ECR) has none of that name. */
  readonly createRepository?: boolean | undefined
  /** The Docker daemon of this side, as `--src-daemon-host` and `--dest-daemon-host` give it; else what Docker's own environment says. */
  readonly daemonHost?: string | undefined
  /** What is wanted where this machine's platform decides. */
  readonly system: Platform
  /** The folder that holds the blobs of this side's `oci:` layout, in the place of the layout's own. */
  readonly sharedBlobDir?: string | undefined
  /** Where temporary files are made. Default: the system's folder for them. */
  readonly temporaryFolder?: string | undefined
  /** What is wanted of the image: a source that is sent whole may have only these sent. */
  readonly platforms?: readonly Platform[] | undefined
  /** Where no platform is named, and the image is for several, this machine's is wanted. */
  readonly onePlatform?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CredentialOptions {
  /** `--authfile`: the only file that is read, instead of the places of containers-auth.json(5). */
  readonly authFile?: string | undefined
  /** Who to be, said outright: then no file and no helper is asked. */
  readonly credential?: GivenCredential | undefined
}

/** Where an image is read. Lazy: nothing is fetched before it is asked for. */
export interface ImageSource extends AsyncDisposable {
  /** As a user types it, for messages. */
  readonly name: string
  /**
   * What was opened, where the user's reference alone does not say it: which image a short name stands for, where on a local path the bucket
   * is. Not where its bytes happen to be read, as from a mirror. Absent: what the user named.
   */
  readonly reference?: Reference
  readonly traits: SourceTraits

  /** What the reference names now. Of a source that is read once: only after `receive`. @throws LadingError `image-not-found` */
  resolve(signal?: AbortSignal): Promise<Node>

  /**
   * The raw bytes of a node, or of a range of them. Not checked here: whoever reads them does.
   *
   * @throws LadingError `blob-not-found` (or `image-not-found` for a manifest) where it is absent, before the first byte
   */
  fetch(node: Node, range?: ByteRange, signal?: AbortSignal): ByteStream

  /** The bytes of a blob as a request, for a thread of its own; it holds for some time. `undefined`, or absent: `fetch` alone gives them. */
  locate?(node: Node, signal?: AbortSignal): Promise<DirectRequest | undefined>

  /**
   * A source that is read once gives every layer here, in its own order, one at a time; the documents among them (manifests, configs)
   * it keeps for `fetch`. Layers that `take` has had cannot be fetched.
   *
   * @throws what `take` throws; LadingError `bad-archive`
   */
  receive?(take: TakeLayer, signal?: AbortSignal): Promise<void>

  /** What the image is made of, where that can be told before it is read. */
  preview?(signal?: AbortSignal): Promise<ImagePreview | undefined>

  /**
   * The tags beside this image, as the source lists them. Of a source that is read once: only after `receive`. Absent: the transport
   * has none to list.
   */
  tags?(signal?: AbortSignal): AsyncIterable<string>

  /** Where the node's bytes live, for a destination that can take them without moving them through this machine. */
  origin?(node: Node): Origin | undefined

  /**
   * What is attached to the manifest or index of this digest, one level deep: what is attached may have attachments of its own. What a
   * node says besides its digest and size MAY be what a list says, and wrong. Absent: nothing can be attached in places of this kind.
   *
   * @throws LadingError `denied`, `unauthorized` where nobody may look; `blob-not-found`, `bad-manifest` where a list cannot be believed
   */
  attachments?(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment>

  /**
   * Whether registries.d says that signatures of sigstore are kept as attachments here, which is what the containers tools obey. Absent: it says
   * nothing of places of this kind.
   */
  sigstoreAttachments?(signal?: AbortSignal): Promise<boolean>

  /**
   * The signatures that are kept beside the manifest of this digest, in their order: each as containers-signature(5) and the containers
   * tools write it to a file. Absent: there is no such place.
   */
  signatures?(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]>
}

/** What a source that is read once can tell of its image beforehand. */
export type ImagePreview =
  /** Of an image that is kept as it was pushed: its root. */
  | { readonly root: Digest }
  /** Of one that is kept unpacked: its config, for Docker's own store the image's ID, and the uncompressed layers in order. */
  | { readonly config: Digest; readonly diffIds: readonly Digest[] }

/** A place that holds a node's bytes: a repository of a registry, or an object of a cloud's store. */
export type Origin =
  | { readonly kind: 'repository'; readonly registry: string; readonly repository: string }
  | ({ readonly kind: 'object' } & ObjectOrigin)

/**
 * Where an image is written. Nothing is visible under its name before `commit`.
 *
 * Every destination passes `transportSuite` of `lading/testing`.
 */
export interface ImageDestination extends AsyncDisposable {
  readonly name: string
  readonly traits: DestinationTraits
  /** What a manifest of schema 1 has to call the image, where that is looked at. */
  readonly schema1Name?: { readonly name: string; readonly tag: string }

  /**
   * Says that from now on is counted on what this destination is asked for: what it finds stays until it is closed. Not called where nothing
   * will be written. Absent: nobody else removes anything.
   */
  begin?(): void

  /**
   * What the name that will be committed resolves to now, or `undefined`: a copy that finds its own root there has nothing to do.
   */
  current(signal?: AbortSignal): Promise<Digest | undefined>

  /** Whether the node is stored whole. MUST compare the size where the destination tells it. */
  has(node: Node, signal?: AbortSignal): Promise<boolean>

  /**
   * Whether the node is stored whole, told by the request that begins to store it where it is not: `push` goes on with that. For small
   * blobs that are probably not there. Absent: `has` asks, and `push` begins.
   */
  findOrBegin?(node: Node, signal?: AbortSignal): Promise<boolean>

  /** The bytes of a manifest that is stored, or `undefined`: so that a second copy reads no manifest from the source. */
  manifest(node: Node, signal?: AbortSignal): Promise<Uint8Array | undefined>

  /**
   * Stores a node. MUST NOT show it where `bytes` throws, and MUST throw that same error. Children come before their parents.
   * `bytes` has been checked as it flows: it ends only if it is the content that the node names.
   */
  push(node: Node, bytes: Bytes, signal?: AbortSignal): Promise<void>

  /**
   * Stores a blob whose digest is known only when its bytes have passed. MUST NOT show it where the bytes throw, and MUST throw that
   * same error. Absent: whoever pushes finds out the digest first.
   */
  pushDraft?(draft: Draft, signal?: AbortSignal): Promise<void>

  /** Blobs that are stored here, with their size, and that were compressed from the layer of this uncompressed digest. */
  variants?(diffId: Digest, signal?: AbortSignal): Promise<readonly LayerVariant[]>

  /** Makes `variants` find the blob. Called only by the run that has compressed it from that layer. */
  rememberVariant?(diffId: Digest, variant: LayerVariant, signal?: AbortSignal): Promise<void>

  /** A config, manifest or index that is stored whole, where its digest is all that is known of it. */
  document?(digest: Digest, signal?: AbortSignal): Promise<Uint8Array | undefined>

  /**
   * Of a destination that keeps an image without its manifest: the digest of the config of the image that every name it is to be
   * written under stands for now. The same config is the same image.
   */
  currentConfig?(options: Pick<CommitOptions, 'additionalTags'>, signal?: AbortSignal): Promise<Digest | undefined>

  /** Begins a blob that is written as a file by somebody else. `undefined`, or absent: `push` takes its bytes alone. */
  upload?(node: Node, signal?: AbortSignal): Promise<Upload | undefined>

  /** Takes a node from where it lives, without its bytes passing through here. `false`: move the bytes. */
  adopt?(node: Node, origin: Origin, signal?: AbortSignal): Promise<boolean>

  /** Fails where `commit` of this root would certainly fail, before anything is moved. */
  checkCommit?(
    root: Node,
    options: Pick<CommitOptions, 'force' | 'expect' | 'additionalTags'>,
    signal?: AbortSignal,
  ): Promise<void>

  /** The same as a source's: what is attached here already. */
  attachments?(subject: Digest, signal?: AbortSignal): AsyncIterable<Attachment>

  /**
   * Attaches a manifest to the one of this digest, which need not be there yet. What it names is stored; `bytes` are its own, and its node
   * is as `referrerDescriptor` makes it: lists say what it says. What is attached already stays attached; a tag of the same name is
   * replaced, whatever is said of tags of images. In an archive it is there with the commit. Absent: nothing can be attached here.
   *
   * @throws LadingError `precondition-failed`, or `tag-exists`, where the tag is not what it replaces
   */
  attach?(subject: Digest, attachment: Attachment, bytes: Uint8Array, signal?: AbortSignal): Promise<void>

  /** The same as a source's. */
  sigstoreAttachments?(signal?: AbortSignal): Promise<boolean>

  /** The same as a source's. */
  signatures?(manifest: Digest, signal?: AbortSignal): Promise<readonly Uint8Array[]>

  /** Keeps these signatures, and no others, beside the manifest of this digest. Absent: there is no place for them. */
  putSignatures?(manifest: Digest, signatures: readonly Uint8Array[], signal?: AbortSignal): Promise<void>

  /** Makes the root visible under the destination's name, atomically. Its children are stored. `bytes` are the root's. */
  commit(root: Node, bytes: Uint8Array, options: CommitOptions, signal?: AbortSignal): Promise<CommitResult>
}
