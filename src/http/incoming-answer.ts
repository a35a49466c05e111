import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'

/** What is taken of a body before anybody reads it. */
const aheadBytes = 128 * 1024

/** The status and headers of an answer. Its body is the `IncomingAnswer` itself. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Readonly<IncomingHttpHeaders>
}

/**
 * An answer as it comes in, and its body, which can be read once. Not undici's own: a stream of Node for each answer costs as much as all
 * the rest of a small one. Who does not read it MUST call `return`, which ends its connection.
 */
export class IncomingAnswer implements Dispatcher.DispatchHandler, AsyncIterableIterator<Uint8Array> {
  readonly head: Promise<AnswerHead>
  readonly #signal: AbortSignal | undefined
  #settle: { readonly resolve: (head: AnswerHead) => void; readonly reject: (error: unknown) => void }
  #controller: Dispatcher.DispatchController | undefined
  #chunks: Uint8Array[] = []
  #bytes = 0
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal | undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<AnswerHead>()
    this.head = promise
    // Where the request could not even be sent, nobody waits for it.
    promise.catch(() => {})
    this.#settle = { resolve, reject }
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#end !== undefined) controller.abort(new Error('the request was given up'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#settle.resolve({ status, headers })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    if (this.#bytes >= aheadBytes) controller.pause()
    this.#wake?.()
  }

  onResponseEnd(): void {
    this.#finish({})
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    this.#finish({ error })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#bytes -= chunk.byteLength
        if (this.#bytes < aheadBytes && this.#controller?.paused) this.#controller.resume()
        return { done: false, value: chunk }
      }
      if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error
        return { done: true, value: undefined }
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#giveUp(new Error('the rest of the answer is not wanted'))
    return { done: true, value: undefined }
  }

  readonly #abort = (): void => {
    this.#giveUp(this.#signal?.reason)
    this.#chunks = []
  }

  #giveUp(error: unknown): void {
    if (this.#end !== undefined) return
    this.#finish({ error })
    this.#controller?.abort(error instanceof Error ? error : new Error('the request was given up'))
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end ??= end
    this.#signal?.removeEventListener('abort', this.#abort)
    if ('error' in this.#end) this.#settle.reject(this.#end.error)
    this.#wake?.()
  }
}
