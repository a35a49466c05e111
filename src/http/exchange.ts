import type { Dispatcher } from 'undici'
import { limits } from '../model/limits.ts'
import { type ByteStream, bytesOf } from '../streams/index.ts'
import type { HttpRequest, HttpResponse } from './http-client.ts'
import { type AnswerHead, IncomingAnswer } from './incoming-answer.ts'
import { type NetworkFailure, networkFailure } from './network-failure.ts'
import { RequestBody } from './request-body.ts'
import type { Timeouts } from './timeouts.ts'

/** What is kept of an error's body: enough for every message, little enough to hold. */
const maxErrorBytes = limits.errorBytes

interface Route {
  readonly dispatcher: Dispatcher
  readonly proxy: URL | undefined
  readonly timeouts: Timeouts
}

/**
 * Sends one request and waits for the headers of its answer. A connection that fails is returned, not thrown: only the request's
 * own body and its signal throw here, so that the two are never mistaken for one another.
 */
export async function exchange(request: HttpRequest, route: Route): Promise<HttpResponse | NetworkFailure> {
  const url = new URL(request.url)
  const { signal } = request
  const timeouts = patient(route.timeouts, request.silenceMs)
  const failed = (error: unknown, answered = false) =>
    networkFailure(error, { url, proxy: route.proxy, timeouts, answered })
  const body = new RequestBody(request.body, signal)
  const answer = new IncomingAnswer(signal)
  let head: AnswerHead
  try {
    signal?.throwIfAborted()
    route.dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: { ...request.headers, ...body.headers },
        body: body.content,
        // undici closes the connection after a HEAD unless it is told not to; a thousand blobs are asked for by HEAD.
        ...(request.method === 'HEAD' ? { reset: false } : {}),
        headersTimeout: isQuestion(request) ? timeouts.answerMs : timeouts.writeAnswerMs,
        bodyTimeout: timeouts.idleMs,
      },
      answer,
    )
    head = await answer.head
  } catch (error) {
    await body.stop()
    body.throwIfFailed()
    signal?.throwIfAborted()
    return failed(error)
  }
  const { status } = head
  const response = { status, headers: headersOf(head.headers), url: request.url }
  if (status < 400) return { ...response, body: responseBody(answer, signal, failed), discard: () => discard(answer) }
  // Read before the request's body is stopped: stopping it closes the connection, and the answer with it.
  const kept = bytesOf(await readStart(answer))
  await body.stop()
  signal?.throwIfAborted()
  return {
    ...response,
    body: { [Symbol.asyncIterator]: () => kept.open()[Symbol.asyncIterator]() },
    discard: async () => {},
  }
}

function patient(timeouts: Timeouts, silenceMs: number | undefined): Timeouts {
  if (silenceMs === undefined) return timeouts
  return { ...timeouts, answerMs: silenceMs, writeAnswerMs: silenceMs, idleMs: silenceMs }
}

function isQuestion({ method }: HttpRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function headersOf(raw: Readonly<Record<string, string | string[] | undefined>>): Map<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) headers.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function responseBody(
  answer: IncomingAnswer,
  signal: AbortSignal | undefined,
  failed: (error: unknown, answered: boolean) => NetworkFailure,
): AsyncIterableIterator<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      try {
        return await answer.next()
      } catch (error) {
        signal?.throwIfAborted()
        throw failed(error, true).error
      }
    },
    return: () => answer.return(),
  }
}

/** The beginning of a body, to its end or so far that another connection costs less. That it breaks off must not hide an error. */
async function readStart(body: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      size += chunk.byteLength
      if (size >= maxErrorBytes) break
    }
  } catch {}
  return Buffer.concat(chunks).subarray(0, maxErrorBytes)
}

async function discard(answer: IncomingAnswer): Promise<void> {
  await readStart(answer)
}
