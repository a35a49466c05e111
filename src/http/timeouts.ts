/** How long the other side may be silent. */
export interface Timeouts {
  readonly connectMs: number
  /** To the answer's headers, of a question. */
  readonly answerMs: number
  /** To the answer's headers, of a request that changes something: a registry may move gigabytes before it answers an upload. */
  readonly writeAnswerMs: number
  /** Between two pieces of a body. */
  readonly idleMs: number
}

export const defaultTimeouts: Timeouts = { connectMs: 15_000, answerMs: 60_000, writeAnswerMs: 300_000, idleMs: 60_000 }
