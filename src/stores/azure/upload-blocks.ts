import type { BlockBlobClient } from '@azure/storage-blob'
import type { HttpClient } from '../../http/index.ts'
import { partsInFlight } from '../parts/part-size.ts'
import type { Part } from '../parts/read-parts.ts'
import { blockId, stageBlock } from './blocks.ts'

interface UploadOptions {
  readonly http: HttpClient
  /** What need not be sent again: sizes by name. */
  readonly staged: ReadonlyMap<string, number>
  /** Told of every part that is there. */
  readonly stored: (part: Part) => void
  /** Ends the reading of the parts where sending one has failed. */
  readonly stop: AbortController
  readonly signal: AbortSignal | undefined
}

/**
 * Sends the parts that are not there yet, several at once. After a failure no more are begun, but those under way may arrive: whoever
 * tries again need not send them.
 *
 * @returns the names of their blocks in order, once all of them are there
 * @throws the first failure, after every request has ended and every part is released
 */
export async function uploadBlocks(
  blob: BlockBlobClient,
  parts: AsyncIterable<Part>,
  { http, staged, stored, stop, signal }: UploadOptions,
): Promise<string[]> {
  const names: string[] = []
  const inFlight = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  const send = async (part: Part) => {
    try {
      await stageBlock(blob, part, http, signal)
      stored(part)
      part.release()
    } catch (error) {
      part.release(false)
      failure ??= { error }
      stop.abort(error)
    }
  }
  try {
    for await (const part of parts) {
      const name = blockId(part)
      names.push(name)
      if (staged.get(name) === part.bytes.byteLength) {
        stored(part)
        part.release()
        continue
      }
      const sent: Promise<void> = send(part).then(() => void inFlight.delete(sent))
      inFlight.add(sent)
      if (inFlight.size === partsInFlight) await Promise.race(inFlight)
      if (failure !== undefined) break
    }
  } catch (error) {
    failure ??= { error }
  }
  await Promise.all(inFlight)
  if (failure !== undefined) throw failure.error
  return names
}
