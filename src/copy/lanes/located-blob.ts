import { abandonable } from '../../auth/abandonable.ts'
import type { DirectPool, DirectRequest } from '../../http/direct/index.ts'
import { type Answer, judgeAnswer } from './answer.ts'

/** Answers in a row that send a reader elsewhere, or want other credentials, without a byte between them. */
export const maxDetours = 10
export const maxRefusals = 2

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
  /** What each answer is one to. */
  readonly #asked = new WeakMap<Answer, DirectRequest>()

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
    return this.#follow(asked, answer)
  }

  /**
   * Whether there is another request to send, after one was refused. One question for all connections.
   *
   * @throws the signal's reason as soon as it is aborted; what `relocate` throws
   */
  async relocate(refusal: Answer): Promise<boolean> {
    // Another connection was refused too, and has seen to it.
    if (this.#asked.get(refusal) !== this.#request) return true
    if (this.#request !== this.#located) {
      // where it was redirected to may have been for a while only
      this.#request = this.#located
      return true
    }
    const { relocate, signal } = this.#options
    this.#relocating ??= relocate().finally(() => {
      this.#relocating = undefined
    })
    const found = await abandonable(this.#relocating, signal)
    if (found === undefined) return false
    this.#located = found
    this.#request = found
    return true
  }

  #follow(asked: DirectRequest, answer: Answer | undefined): Answer {
    if (answer === undefined) return { kind: 'other', why: 'there was no answer' }
    this.#asked.set(answer, asked)
    if (answer.kind === 'redirect') this.#request = answer.to
    return answer
  }
}
