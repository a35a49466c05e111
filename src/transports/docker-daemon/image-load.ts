import { LadingError } from '../../errors/index.ts'
import type { Bytes } from '../../streams/index.ts'
import { createStreamSink, type NewFile, openTarWriter } from '../../streams/tar/index.ts'
import type { Engine } from './engine.ts'
import { readLoadAnswer } from './load-answer.ts'

/** One archive on its way into a daemon. It begins with the first file; what is not finished is not loaded. */
export interface ImageLoad {
  /** Files follow one another in the order of the calls. @throws what the body throws, as it is; else what the daemon said */
  add(file: NewFile, body: Bytes, signal?: AbortSignal): Promise<void>
  /** The end of the archive. Resolves when the daemon has loaded it. @throws LadingError `server-error` */
  finish(signal?: AbortSignal): Promise<void>
  /** Ends it without an image. Does nothing where it is finished. */
  cancel(): Promise<void>
}

export function openImageLoad(engine: Engine, signal: AbortSignal | undefined): ImageLoad {
  const sink = createStreamSink()
  const writer = openTarWriter(sink)
  let finished = false
  let answer: Promise<void> | undefined
  const stopped = new AbortController()
  const either = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal])
  const cancel = (error: unknown) => {
    writer.fail(error)
    stopped.abort(error)
  }

  async function send(): Promise<void> {
    try {
      const headers = { 'content-type': 'application/x-tar' }
      const body = { open: () => sink.stream }
      const response = await engine.request({ method: 'POST', path: '/images/load', headers, body, signal: either })
      await readLoadAnswer(response.body)
      if (!finished) throw new LadingError('protocol-error', 'Docker ended the load before it had the whole image')
    } catch (error) {
      writer.fail(error)
      throw error
    }
  }

  /** What the daemon said, where that is why nobody read on. */
  async function because(error: unknown): Promise<unknown> {
    try {
      await answer
      return error
    } catch (failed) {
      return failed
    }
  }

  return {
    async add(file, body, addSignal) {
      if (answer === undefined) {
        answer = send()
        // Whoever writes or finishes hears of it.
        answer.catch(() => {})
      }
      let own: { readonly error: unknown } | undefined
      const watched: Bytes = {
        async *open(from, openSignal) {
          try {
            yield* body.open(from, openSignal)
          } catch (error) {
            own = { error }
            throw error
          }
        },
      }
      try {
        await writer.add(file, watched, addSignal)
      } catch (error) {
        throw own === undefined && !addSignal?.aborted ? await because(error) : error
      }
    },
    async finish(finishSignal) {
      const abort = () => cancel(finishSignal?.reason)
      finishSignal?.addEventListener('abort', abort, { once: true })
      try {
        finishSignal?.throwIfAborted()
        finished = true
        await writer.finish().catch(async error => Promise.reject(await because(error)))
        await answer
      } finally {
        finishSignal?.removeEventListener('abort', abort)
      }
    },
    async cancel() {
      cancel(new LadingError('interrupted', 'the image was not committed'))
      await because(undefined)
    },
  }
}
