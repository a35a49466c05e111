import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Part } from '../parts/read-parts.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { listUploads } from './list-uploads.ts'
import { sendUndamaged } from './put-small.ts'
import { isBucketAbsent, type Refusal, readRefusal } from './refusal.ts'
import { elements, elementText, escapeXml } from './xml.ts'

/** A part that Google has. */
export interface StoredPart {
  readonly number: number
  readonly size: number
  /** Without its quotes. */
  readonly etag: string
}

/**
 * A multipart upload of the XML API (https://cloud.google.com/storage/docs/multipart-uploads). Its parts go side by side, it can
 * be found and continued from any machine, and its id is no secret: the resumable uploads of the JSON API have none of that.
 */
export class MultipartUpload {
  readonly id: string
  readonly #client: GcsClient
  readonly #address: BucketAddress
  readonly #name: string

  constructor(client: GcsClient, address: BucketAddress, name: string, id: string) {
    this.#client = client
    this.#address = address
    this.#name = name
    this.id = id
  }

  /** @returns `undefined` where the server has no such uploads, as some emulators */
  static async begin(
    client: GcsClient,
    address: BucketAddress,
    name: string,
    metadata: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<MultipartUpload | undefined> {
    const described = Object.entries(metadata).map(([field, value]) => [`x-goog-meta-${field}`, value])
    const answer = await client.ask({
      method: 'POST',
      url: address.xml(name, { uploads: '' }),
      headers: { 'content-type': 'application/octet-stream', 'content-length': '0', ...Object.fromEntries(described) },
      // One that is begun twice leaves one behind, as a kill does.
      idempotent: true,
      signal,
    })
    if ([404, 405, 501].includes(answer.status)) {
      const refusal = await readRefusal(answer)
      if (isBucketAbsent(refusal)) throw client.refusal(refusal)
      return undefined
    }
    const text = await client.text(answer)
    const id = elementText(text, 'UploadId')
    if (id === undefined) throw new LadingError('protocol-error', 'Google Cloud Storage begins an upload without an id')
    return new MultipartUpload(client, address, name, id)
  }

  /** Uploads of an object that nobody has finished. */
  static async unfinished(
    client: GcsClient,
    address: BucketAddress,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<MultipartUpload[]> {
    const found: MultipartUpload[] = []
    try {
      for await (const upload of listUploads(client, address, name, signal)) {
        // The object's own name comes before all that begin with it.
        if (upload.name !== name) break
        found.push(new MultipartUpload(client, address, name, upload.id))
      }
    } catch (error) {
      // Who may write but not list begins anew. What else may be wrong is said where that is tried.
      if (!isLadingError(error) || error.status === undefined || error.status >= 500) throw error
    }
    return found
  }

  /** @returns `undefined` where the upload is finished or given up, perhaps by somebody else */
  async parts(signal: AbortSignal | undefined): Promise<Map<number, StoredPart> | undefined> {
    const found = new Map<number, StoredPart>()
    for (let marker: string | undefined; ; ) {
      const url = this.#url({ 'part-number-marker': marker })
      const answer = await this.#client.ask({ method: 'GET', url, signal })
      if (answer.status === 404) return await this.#absent(await readRefusal(answer))
      const text = await this.#client.text(answer)
      for (const part of elements(text, 'Part')) {
        const number = Number(elementText(part, 'PartNumber'))
        const etag = withoutQuotes(elementText(part, 'ETag') ?? '')
        found.set(number, { number, size: Number(elementText(part, 'Size')), etag })
      }
      if (elementText(text, 'IsTruncated') !== 'true') return found
      marker = elementText(text, 'NextPartNumberMarker')
    }
  }

  /** @returns `undefined` where the upload is not there any more */
  async put({ number, bytes, md5 }: Part, signal: AbortSignal | undefined): Promise<StoredPart | undefined> {
    const answer = await sendUndamaged(this.#client, {
      method: 'PUT',
      url: this.#url({ partNumber: String(number) }),
      headers: { 'content-md5': md5.toString('base64') },
      body: bytes,
      signal,
    })
    if (answer.status === 404) return await this.#absent(await readRefusal(answer))
    if (answer.status >= 400) throw await this.#client.refused(answer)
    await answer.discard()
    return { number, size: bytes.byteLength, etag: withoutQuotes(answer.headers.get('etag') ?? '') }
  }

  /** Makes the object. @returns `false` where the upload is not there any more */
  async finish(parts: readonly StoredPart[], signal: AbortSignal | undefined): Promise<boolean> {
    const listed = parts
      .toSorted((a, b) => a.number - b.number)
      .map(
        ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(`"${etag}"`)}</ETag></Part>`,
      )
    const answer = await this.#client.write({
      method: 'POST',
      url: this.#url({}),
      headers: { 'content-type': 'application/xml' },
      body: Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`),
      // The second time there is no such upload, which is looked into.
      idempotent: true,
      signal,
    })
    if (answer.status === 404 || answer.status === 400) {
      const refusal = await readRefusal(answer)
      // Somebody else sent a part again between our list and now.
      if (refusal.reason === 'InvalidPart') return false
      return (await this.#absent(refusal)) !== undefined
    }
    await this.#client.text(answer)
    return true
  }

  /** Gives the upload up, with its parts. That it is not there is success. */
  async abort(signal?: AbortSignal): Promise<void> {
    const answer = await this.#client.ask({ method: 'DELETE', url: this.#url({}), signal })
    if (answer.status === 404) await this.#absent(await readRefusal(answer))
    else if (answer.status >= 400) throw await this.#client.refused(answer)
    else await answer.discard()
  }

  async #absent(refusal: Refusal): Promise<undefined> {
    if (refusal.reason === 'NoSuchUpload') return undefined
    throw this.#client.refusal(refusal)
  }

  #url(query: Readonly<Record<string, string | undefined>>): string {
    return this.#address.xml(this.#name, { ...query, uploadId: this.id })
  }
}

function withoutQuotes(etag: string): string {
  return etag.replaceAll('"', '')
}
