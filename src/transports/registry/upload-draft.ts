import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { type ByteStream, bytesOf, type Draft, pieces, readHead, spool } from '../../streams/index.ts'
import { type BlobAddress, hasBlob } from './blobs.ts'
import { uploadBlob } from './upload.ts'
import { UploadSteps } from './upload-steps.ts'

/** What is in memory while it is sent, so that it can be sent again; as much is read meanwhile. */
const pieceBytes = 8 * 1024 * 1024
/** A registry that wants larger chunks than this gets the blob from the disk. */
const maxPieceBytes = 64 * 1024 * 1024

/** Does a step that makes the registry know the repository. It may be done twice. */
export type InRepository = <T>(step: () => Promise<T>) => Promise<T>

/**
 * Stores a blob whose digest is known when its bytes have passed: in pieces, and the request that makes them a blob comes last.
 *
 * A piece is sent again after a break. What was before it cannot be: a registry that has lost that gets nothing.
 *
 * @throws LadingError; what the draft throws, unchanged, and then nothing is there
 */
export async function uploadDraft(
  address: BlobAddress,
  draft: Draft,
  inRepository: InRepository,
  signal: AbortSignal | undefined,
  temporaryFolder?: string,
): Promise<void> {
  const head = await readHead(draft.read(), pieceBytes)
  if (head.whole) {
    const blob = { digest: draft.digest(), size: draft.size }
    const bytes = bytesOf(Buffer.concat(head.chunks))
    return await inRepository(() => uploadBlob(address, blob, bytes, { signal }))
  }
  const steps = new UploadSteps(address, 'a new blob', undefined, signal)
  try {
    const { minChunkBytes } = await inRepository(() => steps.begin())
    const whole = head.stream()
    const unsent =
      minChunkBytes > maxPieceBytes ? whole : await sendPieces(steps, whole, Math.max(pieceBytes, minChunkBytes))
    if (unsent === undefined) {
      return await finish(steps, address, { digest: draft.digest(), size: draft.size }, signal)
    }
    await using spooled = await spool(unsent, temporaryFolder)
    await steps.abandon()
    await uploadBlob(address, spooled, spooled.bytes, { signal })
  } catch (error) {
    await steps.abandon()
    throw error
  } finally {
    await head.close()
  }
}

/** Sends a stream; the next piece is read meanwhile. Gives it back whole where the registry takes no pieces. */
async function sendPieces(steps: UploadSteps, stream: ByteStream, size: number): Promise<ByteStream | undefined> {
  const input = pieces(stream, size)
  let kept = false
  try {
    let ahead = input.next()
    for (let start = 0; ; ) {
      const { done, value: piece } = await ahead
      if (done) return undefined
      ahead = input.next()
      // It is looked at when this piece has been sent.
      ahead.catch(() => {})
      await sendPiece(steps, piece, start)
      if (steps.withoutPatch) {
        if (start > 0)
          throw new LadingError('protocol-error', 'the registry takes no more of an upload that it has begun')
        kept = true
        return joined(piece, ahead, input)
      }
      start += piece.byteLength
    }
  } finally {
    if (!kept) await input.return()
  }
}

async function finish(
  steps: UploadSteps,
  address: BlobAddress,
  blob: Pick<Descriptor, 'digest' | 'size'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await steps.persist({ start: blob.size, end: blob.size }, () => steps.finish(blob))
  } catch (error) {
    signal?.throwIfAborted()
    // Where the answer was lost the upload is gone because it is done.
    if (!(await hasBlob(address, blob, signal).catch(() => false))) throw error
  }
}

async function sendPiece(steps: UploadSteps, piece: Uint8Array, start: number): Promise<void> {
  const end = start + piece.byteLength
  await steps.persist({ start, end }, async () => {
    const session = await steps.begin()
    while (steps.offset < end && !steps.withoutPatch) {
      const length = steps.chunkLength(end - steps.offset, session)
      const from = steps.offset - start
      await steps.sendChunk(piece.subarray(from, from + length), length, false)
    }
  })
}

async function* joined(
  first: Uint8Array,
  second: Promise<IteratorResult<Uint8Array, void>>,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield first
    const { done, value } = await second
    if (!done) yield value
    yield* rest
  } finally {
    await rest.return()
  }
}
