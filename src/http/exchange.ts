import type { Dispatcher } from 'undici'
import { type ByteStream, bytesOf } from '../streams/index.ts'
import type { HttpRequest, HttpResponse } from './http-client.ts'
import { type NetworkFailure, networkFailure } from './network-failure.ts'
import { RequestBody } from './request-body.ts'
import type { Timeouts } from './timeouts.ts'

/** What is kept of an error's body: enough for every message, little enough to hold. */
const maxErrorBytes = 64 * 1024

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
  const failed = (error: unknown) => networkFailure(error, { url, proxy: route.proxy, timeouts })
  const body = new RequestBody(request.body, signal)
  let answer: Dispatcher.ResponseData
  try {
    signal?.throwIfAborted()
    answer = await route.dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: { ...request.headers, ...body.headers },
      body: body.content,
      signal: signal ?? null,
      // undici closes the connection after a HEAD unless it is told not to; a thousand blobs are asked for by HEAD.
      ...(request.method === 'HEAD' ? { reset: false } : {}),
      headersTimeout: isQuestion(request) ? timeouts.answerMs : timeouts.writeAnswerMs,
      bodyTimeout: timeouts.idleMs,
    })
  } catch (error) {
    await body.stop()
    body.throwIfFailed()
    signal?.throwIfAborted()
    return failed(error)
  }
  const headers = headersOf(answer.headers)
  const response = { status: answer.statusCode, headers, url: request.url }
  if (answer.statusCode < 400) {
    return { ...response, body: responseBody(answer.body, signal, failed), discard: () => discard(answer.body) }
  }
  // Read before the request's body is stopped: stopping it closes the connection, and the answer with it.
  const kept = bytesOf(await readStart(answer.body))
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

async function* responseBody(
  body: Dispatcher.ResponseData['body'],
  signal: AbortSignal | undefined,
  failed: (error: unknown) => NetworkFailure,
): ByteStream & AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    signal?.throwIfAborted()
    throw failed(error).error
  }
}

/** The beginning of an error's body. That it breaks off must not hide the error itself. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<Uint8Array> {
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

async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
  await body.dump({ limit: maxErrorBytes })
}
