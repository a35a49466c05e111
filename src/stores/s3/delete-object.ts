import { LadingError } from '../../errors/index.ts'
import type { DeleteOptions } from '../object-store.ts'
import { holds, lost } from './conditional-put.ts'
import { headObject } from './read-object.ts'
import type { S3Connection } from './s3-connection.ts'

/**
 * Deletes an object; absent is success. Under a condition it is looked at before, and AWS is told the condition too: others ignore it
 * in a delete, so there a writer between the two is not seen.
 */
export async function deleteObject(
  connection: S3Connection,
  key: string,
  { ifMatch, signal }: DeleteOptions,
): Promise<void> {
  if (ifMatch !== undefined) {
    const found = await headObject(connection, key, signal)
    if (found === undefined) return
    if (!holds({ ifMatch }, found)) throw lost()
  }
  const condition = ifMatch !== undefined && connection.settings.isAws ? { IfMatch: `"${ifMatch}"` } : {}
  const answered = await connection.ask(
    { permission: 's3:DeleteObject', signal },
    ({ code, status }) => code === 'blob-not-found' || status === 412 || status === 409,
    (s3, options) => s3.deleteObject({ ...connection.at(key), ...condition }, options),
  )
  if (answered instanceof LadingError && answered.code !== 'blob-not-found') throw lost(answered)
}
