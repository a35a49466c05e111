import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { StoredPart, StoredParts } from '../object-store.ts'
import { bareEtag } from './etag.ts'
import { inContentClass } from './put-object.ts'
import type { Answered, S3Connection } from './s3-connection.ts'

/** An upload of several requests that is begun and not finished. It lives at the server until it is completed or aborted. */
export interface UnfinishedUpload {
  readonly id: string
  readonly parts: StoredParts
}

type Signal = AbortSignal | undefined

/** Uploads of one key that are looked into: of blobs there is rarely more than one. */
const maxCandidates = 10

export async function beginUpload(
  connection: S3Connection,
  key: string,
  content: Digest | undefined,
  signal: Signal,
): Promise<UnfinishedUpload> {
  const { encryption } = connection.settings
  const { output } = await inContentClass(connection, content, fields =>
    connection.call({ permission: 's3:PutObject', signal }, (s3, options) =>
      s3.createMultipartUpload({ ...connection.at(key), ...encryption, ...fields }, options),
    ),
  )
  return { id: output.UploadId ?? '', parts: new Map() }
}

/**
 * The unfinished upload of a key that has most of it, whoever began it. Its parts are not trusted. An identity that may not list
 * uploads begins anew.
 */
export async function findUpload(
  connection: S3Connection,
  key: string,
  signal: Signal,
): Promise<UnfinishedUpload | undefined> {
  try {
    const ids: string[] = []
    for await (const upload of listUploads(connection, key, signal)) {
      // The key itself comes before all that begin with it.
      if (upload.key !== key) break
      ids.push(upload.id)
    }
    const found: UnfinishedUpload[] = []
    for (const id of ids.slice(-maxCandidates)) found.push({ id, parts: await partsOf(connection, key, id, signal) })
    return found.sort((a, b) => b.parts.size - a.parts.size)[0]
  } catch (error) {
    // Another writer may finish it while it is looked at, which is said as "no such upload".
    if (isLadingError(error, 'denied', 'blob-not-found', 'unsupported', 'protocol-error')) return undefined
    throw error
  }
}

/** The uploads of keys that begin with `prefix`, in the order of the keys. */
export async function* listUploads(
  connection: S3Connection,
  prefix: string,
  signal: Signal,
): AsyncGenerator<{ key: string; id: string; started: Date | undefined }, void, undefined> {
  const root = connection.settings.prefix
  let markers: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {}
  for (;;) {
    const page = { ...connection.inBucket(), Prefix: root + prefix, ...markers }
    const { output }: Answered<ListMultipartUploadsCommandOutput> = await connection.call(
      { permission: 's3:ListBucketMultipartUploads', signal },
      (s3, options) => s3.listMultipartUploads(page, options),
    )
    for (const { Key, UploadId, Initiated } of output.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined)
        yield { key: Key.slice(root.length), id: UploadId, started: Initiated }
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = output
    if (!IsTruncated || !NextKeyMarker) return
    if (NextKeyMarker === markers.KeyMarker && (NextUploadIdMarker || undefined) === markers.UploadIdMarker) {
      throw new LadingError('protocol-error', 'the server lists the same unfinished uploads again and again')
    }
    markers = { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) }
  }
}

export async function partsOf(connection: S3Connection, key: string, id: string, signal: Signal): Promise<StoredParts> {
  const parts = new Map<number, StoredPart>()
  let marker: string | undefined
  do {
    const { output } = await connection.call({ permission: 's3:ListMultipartUploadParts', signal }, (s3, options) =>
      s3.listParts(
        { ...connection.at(key), UploadId: id, ...(marker === undefined ? {} : { PartNumberMarker: marker }) },
        options,
      ),
    )
    for (const { PartNumber, ETag, Size } of output.Parts ?? []) {
      const etag = bareEtag(ETag)
      if (PartNumber !== undefined && etag !== undefined) parts.set(PartNumber, { etag, size: Size ?? 0 })
    }
    marker = output.IsTruncated ? output.NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return parts
}

/** Whether an upload is still unfinished. */
export async function isUnfinished(
  connection: S3Connection,
  key: string,
  upload: UnfinishedUpload,
  signal: Signal,
): Promise<boolean> {
  const answered = await connection.ask(
    { permission: 's3:ListMultipartUploadParts', signal },
    // Who may not look takes it for what it was a moment ago.
    ({ status }) => status === 404 || status === 403,
    (s3, options) => s3.listParts({ ...connection.at(key), UploadId: upload.id, MaxParts: 1 }, options),
  )
  return !(answered instanceof LadingError) || answered.status === 403
}

/** Gives an upload up that is of no use any more. What is left of it where that fails, a lifecycle rule of the bucket removes. */
export async function abortUpload(connection: S3Connection, key: string, upload: UnfinishedUpload): Promise<void> {
  try {
    await giveUp(connection, key, upload.id, undefined)
  } catch (error) {
    if (!isLadingError(error)) throw error
  }
}

/** That it is gone already is success. */
export async function giveUp(connection: S3Connection, key: string, id: string, signal: Signal): Promise<void> {
  await connection.ask(
    { permission: 's3:AbortMultipartUpload', signal },
    ({ code }) => code === 'blob-not-found',
    (s3, options) => s3.abortMultipartUpload({ ...connection.at(key), UploadId: id }, options),
  )
}
