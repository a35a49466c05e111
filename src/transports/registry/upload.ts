import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { leavesReceived } from '../../stores/index.ts'
import { type Bytes, readAll } from '../../streams/index.ts'
import type { BlobAddress } from './blobs.ts'
import { UploadReader } from './upload-reader.ts'
import { UploadRecord } from './upload-record.ts'
import type { UploadSession } from './upload-session.ts'
import { UploadSteps } from './upload-steps.ts'

/** A blob as small is read whole, and so checked, before it is sent: then one request does for the two of a stream. */
const singleRequestBytes = 256 * 1024

/** How far apart the states of the digest are that another process can go on from. */
const stateDistance = 8 * 1024 * 1024
/** Smaller blobs are sent again: that costs less than keeping track of them. */
const worthRecordingBytes = 32 * 1024 * 1024

interface UploadOptions {
  /** An upload of it that the registry has begun already. */
  readonly begun?: UploadSession | undefined
  /** The folder of records of what is not finished. Absent: nothing is recorded. */
  readonly records?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Stores a blob.
 *
 * Sent as one stream, or in chunks where the registry takes none as large; the request that makes it a blob goes out when every
 * byte has been read to its end. Broken off, it goes on where the registry says that it stopped, in another process too.
 *
 * @throws LadingError; what `bytes` throws, unchanged, and then the blob is not there
 */
export async function uploadBlob(
  address: BlobAddress,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  bytes: Bytes,
  { begun, records, signal }: UploadOptions,
): Promise<void> {
  const { digest, size } = blob
  const { registry } = address.client.session
  const steps = new UploadSteps(address, `blob ${digest}`, begun, signal)
  const record =
    records === undefined || size < worthRecordingBytes
      ? undefined
      : await UploadRecord.take(records, [registry, address.access.repository, digest])
  const reader = new UploadReader(bytes, size, record && recorder(record, steps, bytes))
  let isLeft = false
  try {
    if (record !== undefined) await takeUp(record, steps, blob, bytes)
    const content = size <= singleRequestBytes ? await readWhole(blob, bytes, signal) : undefined
    const sendable = { start: 0, end: size, throwIfFailed: () => reader.throwIfFailed() }
    await steps.persist(sendable, async () => {
      const session = await steps.begin()
      record?.keep(session)
      const atOnce = () => content !== undefined || steps.withoutPatch
      while (!atOnce() && steps.offset < size) {
        const length = steps.chunkLength(size - steps.offset, session)
        await steps.sendChunk(reader.piece(steps.offset, length), length, length === size)
      }
      await steps.finish(blob, content ?? (steps.withoutPatch ? reader.piece(0, size) : undefined))
    })
  } catch (error) {
    isLeft = record !== undefined && leavesReceived(error)
    if (!isLeft) await steps.abandon()
    throw error
  } finally {
    await (isLeft ? record?.leave() : record?.remove())
    await reader.close()
    await steps.close()
  }
}

/** Goes on with what a process has sent that was killed, where the registry still has it. */
async function takeUp(
  record: UploadRecord,
  steps: UploadSteps,
  { size }: Pick<Descriptor, 'size'>,
  { resumption }: Bytes,
): Promise<void> {
  const isThere = record.session !== undefined && (await steps.goOn(record.session, size))
  if (!isThere) record.begin()
  await resumption?.keepStates?.(stateDistance, isThere ? record.stateBefore(steps.offset) : undefined)
}

function recorder(record: UploadRecord, steps: UploadSteps, { resumption }: Bytes): (position: number) => void {
  let last = 0
  return position => {
    const at = position - (position % stateDistance)
    if (at === last || steps.session === undefined) return
    last = at
    record.keep(steps.session, resumption?.stateAt?.(at))
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
