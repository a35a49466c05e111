import { type ErrorCode, type ErrorDetails, isLadingError, LadingError } from '../errors/index.ts'
import { createDigester, type Digest, type Digester, digestParts } from '../model/digest.ts'
import type { ByteStream, Bytes } from '../streams/index.ts'

export interface Replay {
  /** Whose bytes they are, for the error that says that they are wrong. */
  readonly blame: ErrorDetails
  /** Opens the source's bytes at an offset. */
  open(from: number, signal: AbortSignal | undefined): ByteStream
  /** Called before the source is asked again. Decides how long to wait, and throws `error` to give up. `attempt` counts from 1 since a byte last came. */
  retry(error: LadingError, attempt: number): Promise<void>
  /** Bytes that have passed for the first time. */
  passed(bytes: number): void
}

/** How far apart the states of the digest are kept, and how many: what a destination may ask again without the source being read from its start. */
const snapshotDistance = 4 * 1024 * 1024
const snapshotCount = 16

/**
 * The bytes that a descriptor names, checked as they flow, from a source that may break off.
 *
 * A break is mended by asking the source for the rest. The last chunk is held back until the digest of all bytes has been
 * checked, so no reader ever has the whole of a wrong content. A reader that starts again at an offset gets the same check.
 *
 * @throws LadingError `size-mismatch`, `digest-mismatch`, or what `retry` throws
 */
export function verifiedBytes(expected: { readonly digest: Digest; readonly size: number }, replay: Replay): Bytes {
  const { digest, size } = expected
  const snapshots: { offset: number; digester: Digester }[] = []
  let furthest = 0
  const wrong = (code: ErrorCode, message: string) => new LadingError(code, message, replay.blame)

  const before = (from: number) => snapshots.findLast(({ offset }) => offset <= from)
  const keep = (offset: number, digester: Digester) => {
    if (offset < (snapshots.at(-1)?.offset ?? 0) + snapshotDistance) return
    snapshots.push({ offset, digester: digester.copy() })
    if (snapshots.length > snapshotCount) snapshots.shift()
  }

  async function* open(from = 0, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    // From the start everything is read anew: what was kept may be of bytes that proved wrong.
    if (from === 0) snapshots.length = 0
    const known = before(from)
    const digester = known?.digester.copy() ?? createDigester(digestParts(digest).algorithm)
    let offset = known?.offset ?? 0
    let held: Uint8Array | undefined
    let attempt = 0
    for (;;) {
      try {
        if (offset < size || size === 0) {
          for await (const chunk of replay.open(offset, signal)) {
            if (chunk.byteLength === 0) continue
            attempt = 0
            if (offset + chunk.byteLength > size)
              throw wrong('size-mismatch', `there are more than the ${size} bytes of ${digest}`)
            digester.update(chunk)
            const wanted = offset < from ? chunk.subarray(from - offset) : chunk
            offset += chunk.byteLength
            if (held !== undefined) yield held
            held = wanted.byteLength > 0 ? wanted : undefined
            keep(offset, digester)
            if (offset > furthest) {
              replay.passed(offset - furthest)
              furthest = offset
            }
          }
        }
        break
      } catch (error) {
        signal?.throwIfAborted()
        // Only a break: an answer such as 429 or 500 has been asked for again before it came to us.
        if (!isLadingError(error, 'network', 'timeout')) throw error
        attempt += 1
        await replay.retry(error, attempt)
      }
    }
    if (offset !== size) throw wrong('size-mismatch', `there are ${offset} of the ${size} bytes of ${digest}`)
    const actual = digester.digest()
    if (actual !== digest)
      throw wrong('digest-mismatch', `the bytes have another digest: expected ${digest}, got ${actual}`)
    if (held !== undefined) yield held
  }

  return { size, open }
}
