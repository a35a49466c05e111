import { LadingError } from '../../errors/index.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { isBucketAbsent, readRefusal } from './refusal.ts'
import { elements, elementText } from './xml.ts'

export interface ListedUpload {
  /** Of the object, whole. */
  readonly name: string
  readonly id: string
  readonly started: Date | undefined
}

/**
 * Multipart uploads of names that begin with `prefix`, in the order of the names: none on an emulator without the XML API.
 * Resumable uploads of the JSON API are listed nowhere.
 */
export async function* listUploads(
  client: GcsClient,
  address: BucketAddress,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedUpload, void, undefined> {
  let markers: Record<string, string | undefined> = {}
  for (;;) {
    const url = address.xml('', { uploads: '', prefix, ...markers })
    const answer = await client.ask({ method: 'GET', url, signal })
    if ([404, 405, 501].includes(answer.status)) {
      const refusal = await readRefusal(answer)
      if (isBucketAbsent(refusal)) throw client.refusal(refusal)
      return
    }
    const text = await client.text(answer)
    for (const upload of elements(text, 'Upload')) {
      const [name, id] = [elementText(upload, 'Key'), elementText(upload, 'UploadId')]
      if (name === undefined || id === undefined) throw unexpected()
      const started = new Date(elementText(upload, 'Initiated') ?? Number.NaN)
      yield { name, id, started: Number.isNaN(started.getTime()) ? undefined : started }
    }
    const next = elementText(text, 'NextKeyMarker')
    if (elementText(text, 'IsTruncated') !== 'true' || !next) return
    const id = elementText(text, 'NextUploadIdMarker')
    if (next === markers['key-marker'] && id === markers['upload-id-marker']) {
      throw new LadingError('protocol-error', 'Google Cloud Storage lists the same unfinished uploads again and again')
    }
    markers = { 'key-marker': next, 'upload-id-marker': id }
  }
}

function unexpected(): LadingError {
  return new LadingError('protocol-error', 'Google Cloud Storage lists an upload without its object or id')
}
