import { onTestFinished } from 'vitest'
import { DirectPool } from '../../src/http/direct/direct-pool.ts'
import type { ResponseHead } from '../../src/http/direct/response-head.ts'

export const never = new AbortController().signal
const timeouts = { connectMs: 5000, answerMs: 5000, writeAnswerMs: 5000, idleMs: 5000 }
export const content = Buffer.from('0123456789'.repeat(10_000))
/** An answer with that body. */
export const ok = (body: Buffer, ...lines: readonly string[]) =>
  Buffer.concat([
    Buffer.from(['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...lines, '', ''].join('\r\n')),
    body,
  ])

/** It goes with the test. */
export function openPool(changed: Partial<typeof timeouts> = {}): DirectPool {
  const pool = new DirectPool({ timeouts: { ...timeouts, ...changed } })
  onTestFinished(() => pool[Symbol.dispose]())
  return pool
}

/** What came. */
interface Got {
  readonly outcome: 'whole' | 'left'
  readonly heads: readonly ResponseHead[]
  readonly body: Buffer
}

/** @param want how many bytes of the body are wanted */
export async function get(
  pool: DirectPool,
  url: string,
  { want = Number.POSITIVE_INFINITY, headers = {}, signal = never } = {},
): Promise<Got> {
  const heads: ResponseHead[] = []
  const chunks: Buffer[] = []
  let length = 0
  const taker = {
    head: (head: ResponseHead) => heads.push(head) > 0 && want > 0,
    bytes(chunk: Uint8Array) {
      chunks.push(Buffer.from(chunk))
      length += chunk.byteLength
      return length < want
    },
  }
  const outcome = await pool.get({ url, headers, tlsVerify: true, route: undefined }, taker, signal)
  return { outcome, heads, body: Buffer.concat(chunks) }
}
