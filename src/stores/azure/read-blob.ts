import { Readable } from 'node:stream'
import type { BlobClient, BlobDownloadResponseParsed } from '@azure/storage-blob'
import { LadingError } from '../../errors/index.ts'
import { bytesOf } from '../../streams/index.ts'
import type { GetOptions, OpenObject } from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import { abortable } from './abortable.ts'
import { blobInfo, conditionsOf } from './blob-info.ts'
import { isRefusal } from './refusal.ts'
import { understood } from './understood.ts'

export async function readBlob(blob: BlobClient, key: string, options: GetOptions): Promise<OpenObject> {
  const { range, signal } = options
  const empty = range !== undefined && range.start === range.end
  if (empty) return await readNothing(blob, key, options)
  try {
    const length = range?.end === undefined ? undefined : range.end - range.start
    const answer = await understood(() =>
      blob.download(range?.start ?? 0, length, {
        conditions: conditionsOf(options),
        // Who reads asks for the rest: the engine does, with its own policy.
        maxRetryRequests: 0,
        ...abortable(signal),
      }),
    )
    return openedBlob(answer, key, options)
  } catch (error) {
    if (isRefusal(error, 'InvalidRange')) return await readNothing(blob, key, options)
    throw error
  }
}

/** HTTP has no empty range: what is behind the end, or has no length, is asked of the object's size. */
async function readNothing(blob: BlobClient, key: string, options: GetOptions): Promise<OpenObject> {
  const { range, signal } = options
  const properties = await blob.getProperties({
    conditions: conditionsOf(options),
    ...abortable(signal),
  })
  const size = properties.contentLength ?? 0
  withinObject(range, size)
  return { info: blobInfo(key, size, properties), body: bytesOf(new Uint8Array()).open() }
}

function openedBlob(answer: BlobDownloadResponseParsed, key: string, { range }: GetOptions): OpenObject {
  const length = answer.contentLength
  const stream = answer.readableStreamBody
  if (length === undefined || !(stream instanceof Readable)) {
    throw new LadingError('protocol-error', 'the answer says no length')
  }
  // `bytes 2-4/10`: a part names the size of the whole.
  const size = Number(/\/(\d+)$/.exec(answer.contentRange ?? '')?.[1] ?? length)
  const body = streamBody(stream, innerStream(answer))
  try {
    const { start, end } = withinObject(range, size)
    if (end - start !== length)
      throw new LadingError('protocol-error', `${end - start} bytes were asked for, ${length} come`)
  } catch (error) {
    stream.destroy()
    throw error
  }
  const md5 = answer.contentMD5 && Buffer.from(answer.contentMD5).toString('hex')
  return { info: blobInfo(key, size, answer), body, md5 }
}

/** What `sdk-http.ts` gave the SDK. Its types do not say that the answer is kept whole. */
function innerStream({ _response }: BlobDownloadResponseParsed): Readable | undefined {
  const inner = 'readableStreamBody' in _response ? _response.readableStreamBody : undefined
  return inner instanceof Readable ? inner : undefined
}

/**
 * The SDK's stream counts what comes and throws where that is too little, but in place of the reason: that is taken from the
 * stream it reads. Not a generator: `return` of one that was never started would leave the connection open.
 */
function streamBody(stream: Readable, inner: Readable | undefined): AsyncIterableIterator<Uint8Array> {
  let reason: unknown
  inner?.once('error', error => {
    reason = error
  })
  // Errors come out of the iterator; before it is asked, nobody listens, and that would end the process.
  stream.on('error', () => {})
  let chunks: AsyncIterator<Uint8Array> | undefined
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      try {
        chunks ??= stream[Symbol.asyncIterator]()
        return await chunks.next()
      } catch (cause) {
        if (reason !== undefined) throw reason
        throw new LadingError('network', 'the connection ended before the object did', { cause })
      }
    },
    async return() {
      stream.destroy()
      return { done: true, value: undefined }
    },
  }
}
