import { hash } from 'node:crypto'
import { abandonable } from '../../auth/abandonable.ts'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { NotSimple } from '../../http/direct/index.ts'
import {
  damagedAttempts,
  type HttpClient,
  type HttpRequest,
  isTransientStatus,
  parseRetryAfter,
} from '../../http/index.ts'
import type { PartToSend } from '../../stores/index.ts'
import type { Retry } from './outcome.ts'
import { waitForServer } from './wait-in-lane.ts'

/** How often a request is signed anew that was refused: a signature holds for minutes, and a server may be slow. */
const maxRefusals = 2
interface SendHooks {
  readonly attempts: number
  retried(retry: Retry): void
  /** A part as a request, for now. */
  sign(part: PartToSend): Promise<HttpRequest>
}

/** A part that is there. */
export interface SentPart {
  readonly etag: string
  /** Whether every request has ended: of one that failed, or was answered early, the socket may still read the part's memory. */
  readonly sentOnce: boolean
}

/**
 * Sends a part, as often as it helps.
 *
 * @throws NotSimple where another client may find out what is wrong; LadingError
 */
export async function sendPart(
  number: number,
  bytes: Uint8Array,
  { http, hooks, signal }: { readonly http: HttpClient; readonly hooks: SendHooks; readonly signal: AbortSignal },
): Promise<SentPart> {
  const part: PartToSend = { number, size: bytes.byteLength, sha256: hash('sha256', bytes) }
  let sent = 0
  let failures = 0
  let since = 0
  let refusals = 0
  let damaged = 0
  for (;;) {
    const request = await abandonable(hooks.sign(part), signal)
    let error: LadingError
    let retryAfterMs: number | undefined
    sent += 1
    try {
      const response = await http.request({ ...request, body: bytes, attempts: 1, signal })
      const { status, headers } = response
      await response.discard()
      const etag = headers.get('etag')?.replaceAll('"', '')
      if (status < 300 && etag) return { etag, sentOnce: sent === 1 }
      if (status === 403 && ++refusals <= maxRefusals) continue
      const { host } = new URL(request.url)
      // A part that arrives changed is answered with 400.
      const isDamaged = status === 400 && ++damaged < damagedAttempts
      if (!isDamaged && !isTransientStatus(status)) throw new NotSimple(`${host} answered ${status} to a part`)
      retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
      const code = status === 429 ? 'rate-limited' : 'server-error'
      error = new LadingError(code, `${host} answered ${status}`, { status })
    } catch (thrown) {
      signal.throwIfAborted()
      if (!isLadingError(thrown, 'network', 'timeout')) throw thrown
      error = thrown
    }
    failures += 1
    if (failures === 1) since = performance.now()
    await waitForServer({ error: error.with({ side: 'destination' }), failures, retryAfterMs, since }, hooks, signal)
  }
}
