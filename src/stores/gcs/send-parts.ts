import { partsInFlight } from '../parts/part-size.ts'
import type { Part } from '../parts/read-parts.ts'
import type { MultipartUpload, StoredPart } from './multipart-upload.ts'

/** The body failed, not Google. */
export class BodyFailure {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

interface SendOptions {
  /** What need not be sent again. */
  readonly there: ReadonlyMap<number, StoredPart>
  /** Told of every part that is there. */
  readonly stored: (part: StoredPart) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Sends parts, each by itself, except those that are there already with the same size and MD5.
 *
 * That a part is there is not believed for its number and size alone: a run that was killed may have stored bytes that would have
 * proved wrong at the end. So the body is read from its start, which a new process must do anyway to prove the digest, or from where that run has
 * kept the digest's state.
 *
 * @returns `undefined` where the upload is not there any more
 * @throws BodyFailure where the body throws; whatever fails, all requests have ended then
 */
export async function sendParts(
  upload: MultipartUpload,
  parts: AsyncIterable<Part>,
  { there, stored: tell, signal }: SendOptions,
): Promise<StoredPart[] | undefined> {
  const stop = new AbortController()
  const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const stored: StoredPart[] = []
  const sending = new Set<Promise<void>>()
  let outcome: { readonly error?: unknown } | undefined

  const keep = (part: StoredPart) => {
    stored.push(part)
    tell(part)
  }
  const send = async (part: Part): Promise<void> => {
    try {
      const answer = await upload.put(part, inner)
      part.release()
      if (answer === undefined) outcome ??= {}
      else keep(answer)
    } catch (error) {
      outcome ??= { error }
    } finally {
      part.release(false)
    }
  }

  try {
    for await (const part of failingAsBody(parts)) {
      const known = there.get(part.number)
      if (known !== undefined && known.size === part.bytes.byteLength && known.etag === part.md5.toString('hex')) {
        part.release()
        keep(known)
        continue
      }
      while (sending.size >= partsInFlight) await Promise.race(sending)
      if (outcome !== undefined) {
        part.release(false)
        break
      }
      const request = send(part).finally(() => sending.delete(request))
      sending.add(request)
    }
  } catch (error) {
    outcome ??= { error }
  }
  // Where only the source failed, what is on its way may arrive: it need not be sent again.
  if (outcome !== undefined && !(outcome.error instanceof BodyFailure)) stop.abort()
  await Promise.all(sending)
  if (outcome === undefined) return stored
  if ('error' in outcome) throw outcome.error
  return undefined
}

async function* failingAsBody(parts: AsyncIterable<Part>): AsyncGenerator<Part, void, undefined> {
  try {
    yield* parts
  } catch (error) {
    throw new BodyFailure(error)
  }
}
