import { type ErrorCode, type ErrorDetails, isLadingError, LadingError } from '../errors/index.ts'
import type { Digest } from '../model/digest.ts'
import { type ByteStream, type Bytes, ResumableDigest } from '../streams/index.ts'

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
const usualDistance = 4 * 1024 * 1024
const snapshotCount = 16

interface Snapshot {
  readonly offset: number
  readonly again: () => Promise<ResumableDigest>
  readonly state: string | undefined
}

/**
 * The bytes that a descriptor names, checked as they flow, from a source that may break off.
 *
 * A break is mended by asking the source for the rest. The last chunk is held back until the digest of all bytes has been
 * checked, so no reader ever has the whole of a wrong content. A reader that starts again at an offset gets the same check.
 *
 * @param isDear reading the source from its start costs so much that another process should be spared it
 * @throws LadingError `size-mismatch`, `digest-mismatch`, or what `retry` throws
 */
export function verifiedBytes(
  expected: { readonly digest: Digest; readonly size: number },
  replay: Replay,
  isDear = false,
): Bytes {
  const verified = new VerifiedBytes(expected, replay)
  return {
    size: expected.size,
    open: (from, signal) => verified.open(from, signal),
    resumption: {
      recall: beginning => verified.recall(beginning),
      ...(isDear
        ? {
            keepStates: (every: number, saved?: string) => verified.keepStates(every, saved),
            stateAt: (offset: number) => verified.stateAt(offset),
          }
        : {}),
    },
  }
}

class VerifiedBytes {
  readonly #expected: { readonly digest: Digest; readonly size: number }
  readonly #replay: Replay
  #snapshots: Snapshot[] = []
  #distance = usualDistance
  #keepsStates = false
  #furthest = 0

  constructor(expected: { readonly digest: Digest; readonly size: number }, replay: Replay) {
    this.#expected = expected
    this.#replay = replay
  }

  async recall(beginning: ByteStream): Promise<void> {
    const digest = await this.#begin()
    for await (const chunk of beginning) this.#digest(digest, chunk)
    if (digest.offset <= this.#expected.size) this.#keep(digest)
  }

  async keepStates(every: number, saved: string | undefined): Promise<number> {
    this.#distance = every
    this.#keepsStates = true
    const digest = saved === undefined ? undefined : await ResumableDigest.resumed(this.#expected, saved)
    if (digest === undefined) return 0
    this.#snapshots = []
    this.#keep(digest)
    this.#tell(digest.offset)
    return digest.offset
  }

  stateAt(wanted: number): string | undefined {
    return this.#snapshots.findLast(({ offset }) => offset === wanted)?.state
  }

  async *open(from = 0, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const { digest: expected, size } = this.#expected
    const digest = await this.#begin(from)
    let held: Uint8Array | undefined
    let attempt = 0
    for (;;) {
      try {
        if (digest.offset < size || size === 0) {
          for await (const chunk of this.#replay.open(digest.offset, signal)) {
            if (chunk.byteLength === 0) continue
            attempt = 0
            const { offset } = digest
            if (offset + chunk.byteLength > size)
              throw this.#wrong('size-mismatch', `there are more than the ${size} bytes of ${expected}`)
            this.#digest(digest, chunk)
            const wanted = offset < from ? chunk.subarray(from - offset) : chunk
            if (held !== undefined) yield held
            held = wanted.byteLength > 0 ? wanted : undefined
          }
        }
        break
      } catch (error) {
        signal?.throwIfAborted()
        // Only a break: an answer such as 429 or 500 has been asked for again before it came to us.
        if (!isLadingError(error, 'network', 'timeout')) throw error
        attempt += 1
        await this.#replay.retry(error, attempt)
      }
    }
    if (digest.offset !== size)
      throw this.#wrong('size-mismatch', `there are ${digest.offset} of the ${size} bytes of ${expected}`)
    const actual = digest.digest()
    if (actual !== expected)
      throw this.#wrong('digest-mismatch', `the bytes have another digest: expected ${expected}, got ${actual}`)
    if (held !== undefined) yield held
  }

  /** The digest of as many of the bytes before `from` as are known. From the start everything is read anew: what was kept may be of bytes that proved wrong. */
  async #begin(from = 0): Promise<ResumableDigest> {
    if (from === 0) this.#snapshots = []
    const known = this.#snapshots.findLast(({ offset }) => offset <= from)
    if (known !== undefined) return await known.again()
    return this.#keepsStates ? await ResumableDigest.kept(this.#expected) : ResumableDigest.plain(this.#expected)
  }

  #digest(digest: ResumableDigest, chunk: Uint8Array): void {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const piece = rest.subarray(0, this.#distance - (digest.offset % this.#distance))
      digest.update(piece)
      rest = rest.subarray(piece.byteLength)
      if (digest.offset % this.#distance === 0) this.#keep(digest)
    }
    this.#tell(digest.offset)
  }

  #keep(digest: ResumableDigest): void {
    const { offset } = digest
    if (offset <= (this.#snapshots.at(-1)?.offset ?? 0)) return
    this.#snapshots.push({ offset, again: digest.snapshot(), state: digest.state() })
    if (this.#snapshots.length > snapshotCount) this.#snapshots.shift()
  }

  #tell(offset: number): void {
    if (offset <= this.#furthest) return
    this.#replay.passed(offset - this.#furthest)
    this.#furthest = offset
  }

  #wrong(code: ErrorCode, message: string): LadingError {
    return new LadingError(code, message, this.#replay.blame)
  }
}
