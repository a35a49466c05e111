import { LadingError } from '../../src/errors/index.ts'
import type { HttpClient, HttpResponse } from '../../src/http/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { inChunks } from '../../src/testing/archive-readers.ts'

/** Between two answers. */
export const nextAnswer = '\n=== next\n'
const maxRequests = 40

/** `404`, headers a line each, an empty line, the body. */
export function readAnswer(bytes: Uint8Array, url: string): HttpResponse {
  const text = Buffer.from(bytes)
  const end = text.indexOf('\n\n')
  const [first = '', ...lines] = text
    .subarray(0, end === -1 ? text.byteLength : end)
    .toString('latin1')
    .split('\n')
  const body = end === -1 ? Buffer.alloc(0) : text.subarray(end + 2)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^([^:]+):[ \t]*(.*)$/s.exec(line) ?? []
    // 64 KiB is what the client takes of them
    if (name !== undefined && value !== undefined) headers.set(name.toLowerCase(), value.slice(0, 64 * 1024))
  }
  const status = Number(/^\d{3}/.exec(first)?.[0] ?? 200)
  const kept = bytesOf(body.subarray(0, 64 * 1024))
  return {
    status: status < 200 || status > 599 ? 200 : status,
    headers,
    url,
    body: status < 400 ? inChunks(body) : { [Symbol.asyncIterator]: () => kept.open()[Symbol.asyncIterator]() },
    discard: async () => {},
  }
}

/** A client to which servers say what the bytes say, one answer after the other, and the last again and again. */
export function answeringClient(bytes: Uint8Array): HttpClient {
  const answers = Buffer.from(bytes).toString('latin1').split(nextAnswer)
  let requests = 0
  return {
    async request({ url, body }) {
      if (body !== undefined && !(body instanceof Uint8Array)) for await (const _ of body.open());
      const answer = answers[Math.min(requests, answers.length - 1)] ?? ''
      if (++requests > maxRequests) throw new LadingError('network', 'enough was asked')
      return readAnswer(Buffer.from(answer, 'latin1'), url)
    },
    direct: () => undefined,
    pause: async () => false,
    [Symbol.asyncDispose]: async () => {},
  }
}
