import { hash } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { StoredPart, StoredParts } from '../object-store.ts'
import type { PartBuffer, PartBuffers } from '../parts/part-buffers.ts'
import { partsInFlight } from '../parts/part-size.ts'
import type { UploadProgress } from '../parts/upload-progress.ts'
import { ChunkReader } from './chunk-reader.ts'
import { bareEtag } from './etag.ts'
import { untilUndamaged } from './put-object.ts'
import type { S3Connection } from './s3-connection.ts'
import type { UnfinishedUpload } from './unfinished-upload.ts'

/** S3: no upload has more parts. */
export const maxParts = 10_000

export interface PartsPlan {
  readonly key: string
  readonly partSize: number
  readonly buffers: PartBuffers
  /** Absent: the body is read from its start. */
  readonly progress: UploadProgress | undefined
  readonly signal: AbortSignal | undefined
  /** An error as the store's users see it, for the body that is stopped by it. */
  readonly explain: (error: unknown) => unknown
}

/**
 * Sends the parts of a body that the upload does not have yet. Returns all of them when the body has ended, and ended well: what
 * it holds back until its digest is proved is part of the last one.
 *
 * A part that is there already is compared with the body by its MD5, which is its entity tag (except under SSE-KMS, where it is sent
 * again). That it was stored does not say that it was right: whoever sent it was interrupted before its body was proved. So the body
 * is read from its start, as an interrupted process has to do in any case to prove its digest, or from where that process has kept the
 * digest's state.
 *
 * @throws what the body throws, or the first part's failure, when nothing is under way any more
 */
export async function uploadParts(
  connection: S3Connection,
  upload: UnfinishedUpload,
  body: Bytes,
  plan: PartsPlan,
): Promise<StoredParts> {
  const { partSize, buffers, progress, signal } = plan
  const first = (progress?.begun?.parts ?? 0) + 1
  const stored = new Map([...upload.parts].filter(([number]) => number < first))
  const stop = new AbortController()
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const underWay = new Set<Promise<void>>()

  const start = (number: number, buffer: PartBuffer, bytes: Uint8Array<ArrayBuffer>) => {
    const sending = storePart(connection, upload, number, bytes, plan)
      .then(
        part => {
          stored.set(number, part)
          progress?.stored(number, part.etag, body.resumption?.stateAt?.(number * partSize))
          buffer.release()
        },
        error => {
          buffer.release(false)
          // The body's reader is told the same reason, so that whichever comes out first says what happened.
          stop.abort(plan.explain(error))
        },
      )
      .finally(() => underWay.delete(sending))
    underWay.add(sending)
  }

  try {
    await using reader = new ChunkReader(body.open(progress?.beginning ?? 0, either))
    for (let number = first; !(await reader.atEnd()); number++) {
      if (number > maxParts) throw tooLarge(partSize)
      const buffer = await buffers.acquire(partSize, either)
      try {
        const bytes = buffer.bytes.subarray(0, await reader.fill(buffer.bytes))
        while (underWay.size >= partsInFlight) await Promise.race(underWay)
        either.throwIfAborted()
        start(number, buffer, bytes)
      } catch (error) {
        buffer.release()
        throw error
      }
    }
  } finally {
    // Also where the body broke off, or another part failed: what is stored need not be sent again.
    await Promise.all(underWay)
  }
  stop.signal.throwIfAborted()
  return stored
}

async function storePart(
  connection: S3Connection,
  upload: UnfinishedUpload,
  number: number,
  bytes: Uint8Array<ArrayBuffer>,
  { key, signal }: PartsPlan,
): Promise<StoredPart> {
  const known = upload.parts.get(number)
  if (known?.size === bytes.byteLength && known.etag === hash('md5', bytes)) return known
  const at = { ...connection.at(key), UploadId: upload.id, PartNumber: number }
  const { output } = await untilUndamaged(connection, `part ${number} of ${key}`, signal, () =>
    connection.call({ permission: 's3:PutObject', signal }, (s3, options) =>
      s3.uploadPart({ ...at, Body: bytes }, options),
    ),
  )
  const etag = bareEtag(output.ETag)
  if (etag === undefined) throw new LadingError('protocol-error', `the server gave no ETag for part ${number}`)
  return { etag, size: bytes.byteLength }
}

function tooLarge(partSize: number): LadingError {
  return new LadingError('too-large', `more than ${maxParts} parts of ${partSize} bytes cannot be stored`, {
    hint: 'declare the size of the body, so that larger parts are chosen',
  })
}
