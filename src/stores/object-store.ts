import type { LadingError } from '../errors/index.ts'
import type { DirectRequest, HttpRequest } from '../http/index.ts'
import type { Digest } from '../model/digest.ts'
import type { ByteRange, ByteStream, Bytes } from '../streams/index.ts'

/** One object as a store lists it. */
export interface ObjectInfo {
  /** `/`-separated, relative to the store's root, without a leading `/`. */
  readonly key: string
  /** Bytes. */
  readonly size: number
  /**
   * Changes whenever the content does. `get` and `put` MUST give it for objects of up to `maxManifestBytes`: everything that is
   * replaced under a condition is that small. Elsewhere it is absent where the store would have to read the object to know it.
   */
  readonly etag?: string
  /**
   * By the store's own clock. Of a large object it MAY be when its upload began, hours before it was there: on S3 it is. What a `put`
   * returns MAY differ from what `head` tells by the time that the answer took.
   */
  readonly modified: Date
  /**
   * In what class of storage it is kept, as the service calls it: `STANDARD`, `INTELLIGENT_TIERING`, `NEARLINE`, `Cool`. `list` and
   * `head` MUST give it where the service has classes; a `put` may not know it.
   */
  readonly storageClass?: string
}

/** An object as it is read. */
export interface OpenObject {
  readonly info: ObjectInfo
  readonly body: ByteStream
  /**
   * MD5 of the whole object in hexadecimal, where the answer may tell it: with some settings of S3 it is another number of that form.
   * It shows what the network changed, and proves nothing.
   */
  readonly md5?: string | undefined
}

/** What became of a key that was to be deleted. */
export interface Deletion {
  readonly key: string
  /** Why it is still there. Absent: it is not. */
  readonly error?: LadingError
}

/** An upload that was begun and neither finished nor given up. It takes space and is no object. */
export interface UnfinishedUpload {
  /** What it was to become. Of a directory, where that is not known, the name of the file. */
  readonly key: string
  /** By the store's own clock; `undefined` where the store does not tell. */
  readonly started: Date | undefined
  /** Bytes that it holds; `undefined` where the store does not tell. May cost a request. */
  size(signal?: AbortSignal): Promise<number | undefined>
  /**
   * Gives it up. Gone already is success. A writer that still goes on with it begins anew, and no object is ever lost.
   * Absent: the store forgets it by itself, and nobody else can make it do so.
   */
  remove?(signal?: AbortSignal): Promise<void>
}

/** What a store keeps of an object that was deleted, and so what a deletion frees. `undefined`: it does not tell, or not to this identity. */
export interface Retention {
  /** `on`: what is deleted or replaced stays as an older version. `suspended`: what was written before stays so. */
  readonly versions: 'on' | 'suspended' | 'off' | undefined
  /** For so many days after it was written nothing can be deleted. 0: at once. */
  readonly lockedDays: number | undefined
  /** For so many days what was deleted can be brought back, and is paid for. 0: it is gone. */
  readonly softDeleteDays: number | undefined
}

export interface PutOptions {
  /**
   * The digest that the key is made of. What is there already with the body's size is this content and MAY stay as it is; of
   * another size it is broken and MUST be replaced. A store that has classes keeps content in the one meant for it, and one that
   * can lets its server check the digest.
   */
  readonly content?: Digest | undefined
  /** MUST create: an existing object stays and the put fails with `precondition-failed`. */
  readonly ifNoneMatch?: '*'
  /** MUST replace exactly the object with this etag, else fail with `precondition-failed`. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal | undefined
}

export interface GetOptions {
  /** MUST lie within the object: what is not there cannot be read, and is no short answer either. */
  readonly range?: ByteRange
  readonly ifMatch?: string
  /** MUST tell the etag, also where that costs another reading of the object. */
  readonly needsEtag?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface DeleteOptions {
  readonly ifMatch?: string
  readonly signal?: AbortSignal | undefined
}

/** An object as its own service knows it: what another store of the same service may copy without us. */
export interface ObjectOrigin {
  /** `s3`, `gs`, `az`. */
  readonly service: string
  /** The endpoint and whose credentials reach it, in a form that shows no secret. Origins of different accounts cannot copy. */
  readonly account: string
  readonly bucket: string
  /** Whole, with the bucket's prefix. */
  readonly key: string
}

/**
 * Objects under keys: what a bucket is made of.
 *
 * Every store passes `objectStoreSuite` of `lading/testing`. A driver leaves to `checkedStore` what is the same for all: valid
 * keys and options, the declared size of a body, the origin of an error.
 */
export interface ObjectStore extends AsyncDisposable {
  /** How users name it: `local://./images`. */
  readonly name: string

  /**
   * What a listing costs. `by-prefix`: what it gives, so that many prefixes can be listed at once. `whole-folder`: all that is in the
   * folder of the prefix, whatever follows its last `/`, so that a folder is listed once.
   */
  readonly listing: 'by-prefix' | 'whole-folder'

  /** MUST answer `undefined` for an absent object only; anything else that is wrong is thrown. */
  head(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectInfo | undefined>

  /**
   * Opens an object. The body holds exactly `range`, MUST be of one version of the object, and MUST throw rather than end early.
   * It can be read once. Who does not read it MUST call `return` of its iterator, which frees what it holds.
   *
   * @throws LadingError `blob-not-found` where it is absent, `precondition-failed` where `ifMatch` is not its etag,
   * `size-mismatch` where the range is not within it
   */
  get(key: string, options?: GetOptions): Promise<OpenObject>

  /**
   * Writes an object, all or nothing: it is visible under its key only when every byte is durable. Where the body throws, that
   * error comes out and the key is as it was. A body of unknown size may come once: it MUST NOT be opened again, but for a fault.
   *
   * @throws LadingError `precondition-failed`, or `size-mismatch` where the body has not the size it declares
   */
  put(key: string, body: Bytes | Uint8Array, options?: PutOptions): Promise<ObjectInfo>

  /** Objects whose key begins with `prefix`, in the order of their keys' UTF-8 bytes, read a page at a time. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListEntry>

  /**
   * Absent is success, whatever `ifMatch` says.
   *
   * @throws LadingError `precondition-failed` where `ifMatch` is not the object's etag
   */
  delete(key: string, options?: DeleteOptions): Promise<void>

  /**
   * Deletes objects with as few requests as the service allows, and yields what became of each key, in their order. Absent is success.
   * Keys are read as it goes, and nothing is deleted that nobody asks for: it MUST be read to its end, and MAY be left early.
   *
   * @throws LadingError what concerns every key, as `bucket-not-found` and `network`. What concerns one is its `error`, and the rest is tried
   */
  deleteMany(
    keys: AsyncIterable<string> | Iterable<string>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<Deletion>

  /** Uploads that were begun and neither finished nor given up, in no order, read a page at a time. Absent: the store has none. */
  unfinished?(options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<UnfinishedUpload>

  /** What stays of what is deleted. Absent: nothing does. */
  retention?(options?: { readonly signal?: AbortSignal | undefined }): Promise<Retention>

  /** Where the object is for the service that holds it. Absent: it is not held by one. */
  origin?(key: string): ObjectOrigin

  /**
   * Begins an object whose bytes somebody else writes, in another thread. Absent, or `undefined`: bytes are taken by `put` alone.
   */
  upload?(key: string, options: UploadOptions): Promise<Upload | undefined>

  /** The object as a request that anybody may send as often as wanted, also for ranges, for some time. Absent: its bytes come by `get` alone. */
  locate?(key: string, signal?: AbortSignal): Promise<DirectRequest | undefined>

  /**
   * Writes an object of `size` bytes as a copy of another, without a byte passing through here.
   *
   * @returns `undefined` where the bytes must be moved: another account, or a service that cannot
   * @throws LadingError `blob-not-found` where the other is absent, `size-mismatch` where it has another size; the key is as it was
   */
  copyFrom?(origin: ObjectOrigin, key: string, options: CopyFromOptions): Promise<ObjectInfo | undefined>

  /**
   * Gives an object of `size` bytes another key, in no time and at once. What is under `to` is replaced. Absent: the store cannot.
   *
   * @throws LadingError `blob-not-found` where it is absent, `size-mismatch` where it has another size; `to` is then as it was
   */
  rename?(from: string, to: string, options: CopyFromOptions): Promise<void>
}

export interface UploadOptions {
  /** Bytes that the object will have. */
  readonly size: number
  /** As in `PutOptions`. */
  readonly content: Digest
  readonly signal?: AbortSignal | undefined
}

/**
 * An object that is being written by somebody else, and is not visible yet. Whoever began it MUST end it, by `finish` or `abort`, or `leave` it:
 * what is left so, or by a process that is killed, is gone after a day.
 */
export type Upload = FileUpload | PartUpload

/** One that is written as a file. */
export interface FileUpload {
  readonly kind: 'file'
  /**
   * A file that is there: empty, or what a process has left that was killed (`RangeRecord`). It is written, checked whole, and made durable, before
   * `finish`.
   */
  readonly path: string
  /** Makes it the object. @throws LadingError `size-mismatch` where the file has another size */
  finish(signal?: AbortSignal): Promise<void>
  /** What is there stays, for another process or a later copy. */
  leave(): Promise<void>
  /** Removes the file. */
  abort(): Promise<void>
}

/** One that is sent in parts to the server that will hold it. */
export interface PartUpload {
  readonly kind: 'parts'
  /** Bytes of all parts but the last. */
  readonly partSize: number
  /** Parts that are there already, from an upload that was interrupted. They are not trusted: the entity tag is the MD5 of the bytes. */
  readonly have: StoredParts
  /** The first of them were sent by a process that has kept the state of their digest: they need not be read. */
  readonly begun?: { readonly parts: number; readonly state: string }
  /** A part is there. @param state of the digest of all bytes up to its end, in the form of `ResumableDigest`, where that is kept */
  stored(number: number, etag: string, state: string | undefined): void
  /** A part as a request, without its body, for some minutes. */
  request(part: PartToSend): Promise<HttpRequest>
  /** Makes the parts the object. `false`: somebody else has ended the upload. */
  finish(parts: StoredParts, signal?: AbortSignal): Promise<boolean>
  /** What is there stays, for another process or a later copy. */
  leave(): Promise<void>
  /** Gives up what is there. */
  abort(): Promise<void>
}

export interface PartToSend {
  /** From 1. */
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** Of its bytes, in hex. */
  readonly sha256: string
}

export interface StoredPart {
  /** Without its quotes. */
  readonly etag: string
  readonly size: number
}

/** By number, from 1. */
export type StoredParts = ReadonlyMap<number, StoredPart>

export interface CopyFromOptions {
  readonly size: number
  readonly content?: Digest | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a store's folder implements. `checkedStore` makes an ObjectStore of it, and gives it bodies of one form. */
export interface StoreDriver extends Omit<ObjectStore, 'put' | 'deleteMany'> {
  put(key: string, body: Bytes, options?: PutOptions): Promise<ObjectInfo>

  /** Absent: they are deleted one by one, several at once. */
  deleteMany?(
    keys: AsyncIterable<string>,
    options: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterable<Deletion>
}

export interface ListOptions {
  /** Fold every key that has this after the prefix into one entry that ends with it. */
  readonly delimiter?: '/'
  /** Keys up to this one, itself included, do not count. */
  readonly startAfter?: string
  readonly signal?: AbortSignal | undefined
}

export type ListEntry =
  | { readonly kind: 'object'; readonly info: ObjectInfo }
  | { readonly kind: 'prefix'; readonly prefix: string }
