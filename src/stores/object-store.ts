import type { ByteRange, ByteStream, Bytes } from '../streams/index.ts'

/** One object as a store lists it. */
export interface ObjectInfo {
  /** `/`-separated, relative to the store's root, without a leading `/`. */
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Changes whenever the content does. Absent where the store cannot tell it without reading a large object. */
  readonly etag?: string
  /** By the store's own clock. */
  readonly modified: Date
}

export interface PutOptions {
  /** MUST create: an existing object stays and the put fails with `precondition-failed`. */
  readonly ifNoneMatch?: '*'
  /** MUST replace exactly the object with this etag, else fail with `precondition-failed`. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Objects under keys: what a bucket is made of.
 *
 * Every store passes `objectStoreSuite` of `lading/testing`. Keys are checked before a driver sees them (`openStore`).
 */
export interface ObjectStore extends AsyncDisposable {
  /** How users name it: `local://./images`. */
  readonly name: string

  /** MUST answer `undefined` for an absent object only; anything else that is wrong is thrown. */
  head(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ObjectInfo | undefined>

  /**
   * Opens an object. The body holds exactly `range`, MUST be of one version of the object, and MUST throw rather than end early.
   *
   * @throws LadingError `blob-not-found` where it is absent, `precondition-failed` where `ifMatch` is not its etag
   */
  get(
    key: string,
    options?: { readonly range?: ByteRange; readonly ifMatch?: string; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly info: ObjectInfo; readonly body: ByteStream }>

  /**
   * Writes an object, all or nothing: it is visible under its key only when every byte is durable. Where the body throws, that
   * error comes out and the key is as it was.
   */
  put(key: string, body: Bytes | Uint8Array, options?: PutOptions): Promise<ObjectInfo>

  /** Objects whose key begins with `prefix`, in the order of their keys' UTF-8 bytes, read a page at a time. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListEntry>

  /** Absent is success. @throws LadingError `precondition-failed` where `ifMatch` is not the object's etag */
  delete(key: string, options?: { readonly ifMatch?: string; readonly signal?: AbortSignal | undefined }): Promise<void>
}

export interface ListOptions {
  /** Fold every key that has this after the prefix into one entry that ends with it. */
  readonly delimiter?: '/'
  /** Begin after this key. */
  readonly startAfter?: string
  readonly signal?: AbortSignal | undefined
}

export type ListEntry =
  | { readonly kind: 'object'; readonly info: ObjectInfo }
  | { readonly kind: 'prefix'; readonly prefix: string }
