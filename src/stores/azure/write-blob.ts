import type { BlockBlobClient } from '@azure/storage-blob'
import { isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import type { Bytes } from '../../streams/index.ts'
import type { ObjectInfo, PutOptions, StoreDriver } from '../object-store.ts'
import type { PartBuffers } from '../parts/part-buffers.ts'
import { partSizeFor } from '../parts/part-size.ts'
import { type Part, readParts } from '../parts/read-parts.ts'
import { UploadProgress } from '../parts/upload-progress.ts'
import { abortable } from './abortable.ts'
import { blobInfo } from './blob-info.ts'
import { areBlocksGone, findStagedBlocks, firstBlocks, partsIn, untilUnchanged } from './blocks.ts'
import { conditionalWrite } from './conditional-write.ts'
import { uploadBlocks } from './upload-blocks.ts'

/** Of one blob; a block may have 4000 MiB. https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
const maxBlocks = 50_000

/** How often an upload is begun whose blocks others throw away. */
const uploadAttempts = 3

export interface WriteTarget {
  readonly blob: BlockBlobClient
  readonly key: string
  readonly buffers: PartBuffers
  /** The store itself. */
  readonly objects: StoreDriver
  readonly http: HttpClient
}

/**
 * Writes an object: one of one part in one request, a larger one in blocks.
 *
 * Blocks that are not committed stay with Azure for a week, and an upload of the same content, from whatever machine, does not
 * send them again. The body is read from its start all the same, or from where that process has kept the digest's state: what was sent by a
 * process that did not live to see the digest of all bytes proves nothing, and so every part is compared with the one that is there, by the MD5
 * in its name.
 */
export async function writeBlob(target: WriteTarget, body: Bytes, options: PutOptions): Promise<ObjectInfo> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeOnce(target, body, options)
    } catch (error) {
      if (!areBlocksGone(error) || attempt === uploadAttempts) throw error
    }
  }
}

async function writeOnce(target: WriteTarget, body: Bytes, options: PutOptions): Promise<ObjectInfo> {
  const { blob, key } = target
  const { size } = body
  const partSize = partSizeFor(size, maxBlocks)
  let staged: ReadonlyMap<string, number> = new Map()
  let progress: UploadProgress | undefined
  if (options.content !== undefined && size !== undefined && size > partSize) {
    const found = await findStagedBlocks(blob, options.signal)
    // Somebody else has finished it, perhaps while this upload was under way.
    if (found.committedSize === size) return await lookUp(target, size, options.signal)
    staged = found.staged
    const parted = { content: options.content, size, partSize }
    progress = await UploadProgress.ofBody(target.objects, parted, body, partsIn(staged), options.signal)
  }
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const before = progress?.beginning ?? 0
  const parts = readParts(body.open(before, signal), { partSize, before, size, buffers: target.buffers, signal })
  try {
    const first = await parts.next()
    if (first.done) throw new LadingError('internal', 'a body has no last part')
    if (first.value.number === 1 && first.value.last) return await writeWhole(target, first.value, options)
    const all = startingWith(first.value, parts)
    const stored = (part: Part) => {
      const etag = Buffer.from(part.md5).toString('hex')
      progress?.stored(part.number, etag, body.resumption?.stateAt?.(part.number * partSize))
    }
    const sent = await uploadBlocks(blob, all, { http: target.http, staged, stored, stop, signal: options.signal })
    const names = [...firstBlocks(staged, progress?.begun?.parts ?? 0), ...sent]
    const done = await conditionalWrite(blob, key, options, async parameters => {
      await blob.commitBlockList(names, { ...parameters, ...abortable(options.signal) })
      return await lookUp(target, size, options.signal)
    })
    await progress?.end()
    return done
  } catch (error) {
    const isUseless = isLadingError(error, 'digest-mismatch', 'size-mismatch') || areBlocksGone(error)
    await (isUseless ? progress?.end() : progress?.leave())
    throw error
  } finally {
    await parts.return()
  }
}

async function writeWhole(target: WriteTarget, part: Part, options: PutOptions): Promise<ObjectInfo> {
  const { blob, key, http } = target
  const { bytes, md5 } = part
  const size = bytes.byteLength
  try {
    return await conditionalWrite(blob, key, options, async parameters => {
      const answer = await untilUnchanged(http, options.signal, key, () =>
        blob.upload(bytes, size, { ...parameters, transactionalContentMD5: md5, ...abortable(options.signal) }),
      )
      return blobInfo(key, size, answer)
    })
  } finally {
    part.release()
  }
}

/** What is there now. The digest proves what was sent; the size is what a service tells of what it has stored. */
async function lookUp(
  { blob, key }: WriteTarget,
  expected: number | undefined,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const properties = await blob.getProperties(abortable(signal))
  const size = properties.contentLength ?? 0
  if (expected !== undefined && size !== expected) {
    throw new LadingError('size-mismatch', `Azure has stored ${size} bytes in place of ${expected}`)
  }
  return blobInfo(key, size, properties)
}

async function* startingWith(first: Part, rest: AsyncIterable<Part>): AsyncGenerator<Part, void, undefined> {
  yield first
  yield* rest
}
