import type { DirectPool, DirectRequest } from '../../http/direct/index.ts'
import { type Answer, judgeAnswer } from './answer.ts'

interface LocatedBlobOptions {
  readonly request: DirectRequest
  /** Bytes. */
  readonly size: number
  readonly pool: DirectPool
  /** Another request for the same bytes, where the server takes this one no longer. `undefined`: there is none. */
  readonly relocate: () => Promise<DirectRequest | undefined>
  readonly signal: AbortSignal
}

/** A blob at its server: where it is asked for, and what it answers. */
export class LocatedBlob {
  readonly #options: LocatedBlobOptions
  /** What it was located as, and where that was redirected to last: what is left is asked for there. */
  #located: DirectRequest
  #request: DirectRequest
  #relocating: Promise<DirectRequest | undefined> | undefined

  constructor(options: LocatedBlobOptions) {
    this.#options = options
    this.#located = options.request
    this.#request = options.request
  }

  /**
   * Asks for a range. `take` says, by the answer, who takes its bytes, until that one wants no more; `undefined`: nobody.
   *
   * @throws NotSimple; LadingError
   */
  async ask(
    from: number,
    to: number,
    take: (answer: Answer) => ((chunk: Uint8Array) => boolean) | undefined,
  ): Promise<Answer> {
    const { size, pool, signal } = this.#options
    const asked = this.#request
    const range = from === 0 && to === size ? {} : { range: `bytes=${from}-${to - 1}` }
    const request = { ...asked, headers: { ...asked.headers, ...range } }
    let answer: Answer | undefined
    let taker: ((chunk: Uint8Array) => boolean) | undefined
    await pool.get(
      request,
      {
        head(head) {
          const judged = judgeAnswer(head, { request, from, size })
          answer = judged
          taker = take(judged)
          return taker !== undefined
        },
        bytes: chunk => taker?.(chunk) ?? false,
      },
      signal,
    )
    return this.#follow(answer)
  }

  /** Whether there is another request to send, after one was refused. One question for all connections. */
  async relocate(): Promise<boolean> {
    if (this.#request !== this.#located) {
      // where it was redirected to may have been for a while only
      this.#request = this.#located
      return true
    }
    this.#relocating ??= this.#options.relocate()
    const found = await this.#relocating
    this.#relocating = undefined
    if (found === undefined) return false
    this.#located = found
    this.#request = found
    return true
  }

  #follow(answer: Answer | undefined): Answer {
    if (answer?.kind === 'redirect') this.#request = answer.to
    return answer ?? { kind: 'other', why: 'there was no answer' }
  }
}
