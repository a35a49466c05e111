import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { type Bytes, readAll } from '../../streams/index.ts'
import type { BlobAddress } from './blobs.ts'
import { UploadReader } from './upload-reader.ts'
import type { UploadSession } from './upload-session.ts'
import { UploadSteps } from './upload-steps.ts'

/** A blob as small is read whole, and so checked, before it is sent: then one request does for the two of a stream. */
const singleRequestBytes = 256 * 1024

/**
 * Stores a blob, in `begun` where an upload of it has begun already.
 *
 * Sent as one stream, or in chunks where the registry takes none as large; the request that makes it a blob goes out when every
 * byte has been read to its end. Broken off, it goes on where the registry says that it stopped.
 *
 * @throws LadingError; what `bytes` throws, unchanged, and then the blob is not there
 */
export async function uploadBlob(
  address: BlobAddress,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  bytes: Bytes,
  begun: UploadSession | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { digest, size } = blob
  const steps = new UploadSteps(address, `blob ${digest}`, begun, signal)
  const reader = new UploadReader(bytes, size)
  try {
    const content = size <= singleRequestBytes ? await readWhole(blob, bytes, signal) : undefined
    const sendable = { start: 0, end: size, throwIfFailed: () => reader.throwIfFailed() }
    await steps.persist(sendable, async () => {
      const session = await steps.begin()
      const atOnce = () => content !== undefined || steps.withoutPatch
      while (!atOnce() && steps.offset < size) {
        const length = steps.chunkLength(size - steps.offset, session)
        await steps.sendChunk(reader.piece(steps.offset, length), length, length === size)
      }
      await steps.finish(blob, content ?? (steps.withoutPatch ? reader.piece(0, size) : undefined))
    })
  } catch (error) {
    await steps.abandon()
    throw error
  } finally {
    await reader.close()
  }
}

async function readWhole(
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  bytes: Bytes,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const content = await readAll(bytes.open(0, signal), size, `blob ${digest}`)
  if (content.byteLength === size) return content
  throw new LadingError('size-mismatch', `got ${content.byteLength} of the ${size} bytes of ${digest}`)
}
