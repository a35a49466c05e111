import type { HttpRequest } from '../../http/index.ts'
import type { PartToSend, PartUpload, StoreDriver, UploadOptions } from '../object-store.ts'
import { UploadProgress } from '../parts/upload-progress.ts'
import { completeUpload } from './complete-upload.ts'
import { codeOf } from './explain-error.ts'
import type { S3Connection } from './s3-connection.ts'
import { abortUpload, beginUpload, findUpload, type UnfinishedUpload } from './unfinished-upload.ts'

/**
 * Begins an upload whose parts somebody else sends, or goes on with one that was interrupted. `undefined` where what is there of it could not
 * be told from other bytes: parts that are encrypted with a KMS key have no MD5 to know them by.
 */
export async function openPartUpload(
  connection: S3Connection,
  key: string,
  { content, size, partSize, objects, signal }: UploadOptions & { partSize: number; objects: StoreDriver },
): Promise<PartUpload | undefined> {
  if (connection.settings.encryption.ServerSideEncryption !== undefined) return undefined
  const upload: UnfinishedUpload =
    (await findUpload(connection, key, signal)) ?? (await beginUpload(connection, key, content, signal))
  const progress = await UploadProgress.open(objects, { content, size, partSize }, upload.parts, signal)
  // The SDK signs the length of a body that it is given, and its hash: nobody reads what is in this one.
  const stand = new Uint8Array(partSize)
  return {
    kind: 'parts',
    partSize,
    have: upload.parts,
    ...(progress.begun === undefined ? {} : { begun: progress.begun }),
    stored: (number, etag, state) => progress.stored(number, etag, state),
    request: part => signPart(connection, key, upload, part, stand),
    async finish(parts, inner) {
      try {
        const done = await completeUpload(connection, { key, upload, parts, content, condition: {}, signal: inner })
        await progress.end()
        return done !== undefined
      } catch (error) {
        if (!['NoSuchUpload', 'InvalidPart'].includes(codeOf(error) ?? '')) throw error
        return false
      }
    },
    leave: () => progress.leave(),
    async abort() {
      await progress.end()
      await abortUpload(connection, key, upload)
    },
  }
}

function signPart(
  connection: S3Connection,
  key: string,
  upload: UnfinishedUpload,
  { number, size, sha256 }: PartToSend,
  stand: Uint8Array<ArrayBuffer>,
): Promise<HttpRequest> {
  const body = stand.subarray(0, size)
  connection.knownHashes.set(body, sha256)
  const at = { ...connection.at(key), UploadId: upload.id, PartNumber: number }
  return connection.sign('s3:PutObject', (s3, options) => s3.uploadPart({ ...at, Body: body }, options))
}
