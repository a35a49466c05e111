import type { GcsSettings } from './settings.ts'

type Query = Readonly<Record<string, string | undefined>>

/** Where a bucket and its objects are, in both of Google's APIs. */
export class BucketAddress {
  readonly bucket: string
  readonly prefix: string
  readonly #endpoint: string

  constructor({ bucket, prefix, endpoint }: GcsSettings) {
    this.bucket = bucket
    this.prefix = prefix
    this.#endpoint = endpoint
  }

  /** An object of any bucket by the JSON API. `name` is whole. */
  object(name: string, query: Query = {}, bucket = this.bucket): string {
    return this.#url(`/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`, query)
  }

  /** The bucket itself by the JSON API. */
  settings(query: Query): string {
    return this.#url(`/storage/v1/b/${encodeURIComponent(this.bucket)}`, query)
  }

  objects(query: Query): string {
    return this.#url(`/storage/v1/b/${encodeURIComponent(this.bucket)}/o`, query)
  }

  upload(query: Query): string {
    return this.#url(`/upload/storage/v1/b/${encodeURIComponent(this.bucket)}/o`, query)
  }

  rewrite(from: { readonly bucket: string; readonly name: string }, to: string, query: Query): string {
    const target = `rewriteTo/b/${encodeURIComponent(this.bucket)}/o/${encodeURIComponent(to)}`
    return this.#url(
      `/storage/v1/b/${encodeURIComponent(from.bucket)}/o/${encodeURIComponent(from.name)}/${target}`,
      query,
    )
  }

  /** An object, or the bucket where `name` is empty, by the XML API. */
  xml(name: string, query: Query): string {
    const path = name.split('/').map(encodeURIComponent).join('/')
    return this.#url(`/${this.bucket}${name === '' ? '' : `/${path}`}`, query)
  }

  #url(path: string, query: Query): string {
    const given = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.append(name, value)
    const text = given.toString()
    return `${this.#endpoint}${path}${text === '' ? '' : `?${text}`}`
  }
}
