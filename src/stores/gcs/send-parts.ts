import type { BodyPart } from './body-parts.ts'
import type { MultipartUpload, StoredPart } from './multipart-upload.ts'

/** Requests of one upload under way at once. */
const partsInFlight = 4

/** The body failed, not Google. */
export class BodyFailure {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/**
 * Sends parts, each by itself, except those that are there already with the same size and MD5.
 *
 * That a part is there is not believed for its number and size alone: a run that was killed may have stored bytes that would have
 * proved wrong at the end. So the body is read from its start, which a new process must do anyway to prove the digest.
 *
 * @returns `undefined` where the upload is not there any more
 * @throws BodyFailure where the body throws; whatever fails, all requests have ended then
 */
export async function sendParts(
  upload: MultipartUpload,
  parts: AsyncIterable<BodyPart>,
  there: ReadonlyMap<number, StoredPart>,
  signal: AbortSignal | undefined,
): Promise<StoredPart[] | undefined> {
  const stop = new AbortController()
  const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const stored: StoredPart[] = []
  const sending = new Set<Promise<void>>()
  let outcome: { readonly error?: unknown } | undefined

  const send = async (part: BodyPart): Promise<void> => {
    try {
      const answer = await upload.put(part, inner)
      part.release(true)
      if (answer === undefined) outcome ??= {}
      else stored.push(answer)
    } catch (error) {
      outcome ??= { error }
    } finally {
      part.release()
    }
  }

  try {
    for await (const part of failingAsBody(parts)) {
      const known = there.get(part.number)
      if (known !== undefined && known.size === part.bytes.byteLength && known.etag === part.md5.toString('hex')) {
        part.release(true)
        stored.push(known)
        continue
      }
      while (sending.size >= partsInFlight) await Promise.race(sending)
      if (outcome !== undefined) {
        part.release()
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

async function* failingAsBody(parts: AsyncIterable<BodyPart>): AsyncGenerator<BodyPart, void, undefined> {
  try {
    yield* parts
  } catch (error) {
    throw new BodyFailure(error)
  }
}
