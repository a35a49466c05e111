import { createHash } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import { defaultRetryPolicy } from '../../http/index.ts'
import type { Digest } from '../../model/digest.ts'
import type { ObjectInfo, StoredParts } from '../object-store.ts'
import { type Condition, fieldsOf } from './conditional-put.ts'
import { headObject } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'
import { isUnfinished, type UnfinishedUpload } from './unfinished-upload.ts'

export interface Completion {
  readonly key: string
  readonly upload: UnfinishedUpload
  readonly parts: StoredParts
  readonly content: Digest | undefined
  readonly condition: Condition
  readonly signal: AbortSignal | undefined
}

/**
 * Makes an object of the parts. Where the answer does not say whether that was done, the object does: Ceph answers 500 for an upload
 * that somebody else has completed, and every server may lose an answer.
 *
 * @returns `undefined` where the upload is gone and the object is not there: somebody gave it up
 */
export async function completeUpload(
  connection: S3Connection,
  { key, upload, parts, content, condition, signal }: Completion,
): Promise<ObjectInfo | undefined> {
  const ordered = [...parts].sort(([a], [b]) => a - b)
  const size = ordered.reduce((sum, [, part]) => sum + part.size, 0)
  const Parts = ordered.map(([PartNumber, { etag }]) => ({ PartNumber, ETag: `"${etag}"` }))
  // Other servers ignore conditions here, even those that obey them in a put.
  const fields = connection.settings.isAws ? fieldsOf(condition, true) : {}
  for (let attempt = 1; ; attempt++) {
    const answered = await connection.ask(
      { permission: 's3:PutObject', signal, attempts: 1 },
      isUnclear,
      (s3, options) =>
        s3.completeMultipartUpload(
          { ...connection.at(key), ...fields, UploadId: upload.id, MultipartUpload: { Parts } },
          options,
        ),
    )
    // Its success says nothing of the size, and the entity tag that it tells is empty on Ceph.
    const found = await headObject(connection, key, signal)
    const done = !(answered instanceof LadingError)
    if (found?.size === size && (done || content !== undefined || found.etag === etagOf(ordered))) return found
    if (done) {
      throw new LadingError(
        'protocol-error',
        `the server has ${found?.size ?? 'none'} of the ${size} bytes that it took`,
      )
    }
    if (!(await isUnfinished(connection, key, upload, signal))) return undefined
    if (attempt === defaultRetryPolicy.attempts) throw answered
    await connection.http.pause({ attempt, subject: key, reason: answered.message }, signal)
  }
}

function isUnclear({ code, status }: LadingError): boolean {
  if (code === 'protocol-error') return status === undefined
  return ['network', 'timeout', 'server-error', 'rate-limited'].includes(code) || status === 404
}

/** What S3 calls an object of parts: the MD5 of their MD5s, and their number. */
function etagOf(parts: readonly (readonly [number, { readonly etag: string }])[]): string {
  const md5 = createHash('md5')
  for (const [, { etag }] of parts) md5.update(etag, 'hex')
  return `${md5.digest('hex')}-${parts.length}`
}
