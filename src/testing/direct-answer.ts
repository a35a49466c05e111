import assert from 'node:assert/strict'
import { DirectPool, type DirectRequest } from '../http/direct/index.ts'

/** The body of the answer to a located request, sent as the direct lane sends it. A redirect is followed by nobody. */
export async function answerTo(
  request: DirectRequest,
  range?: { readonly start: number; readonly end: number },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let status = 0
  const headers = range === undefined ? {} : { range: `bytes=${range.start}-${range.end - 1}` }
  using pool = new DirectPool()
  const outcome = await pool.get(
    { ...request, headers: { ...request.headers, ...headers } },
    {
      head(head) {
        status = head.status
        return true
      },
      bytes: chunk => chunks.push(Buffer.from(chunk)) > 0,
    },
    new AbortController().signal,
  )
  assert.deepEqual([outcome, status], ['whole', range === undefined ? 200 : 206])
  return Buffer.concat(chunks)
}
