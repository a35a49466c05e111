import { LadingError } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import type { TarSink } from './tar-sink.ts'

/** The sink of an archive that somebody reads while it is written. */
export interface StreamSink extends TarSink {
  /** Can be read once. It ends after `end`, and throws what `fail` was given. */
  readonly stream: ByteStream
  end(): void
  fail(error: unknown): void
}

/**
 * Hands each chunk to the reader and waits until the reader wants another one: whoever writes is no faster than who reads.
 *
 * Where the reader stops early, writing fails.
 */
export function createStreamSink(): StreamSink {
  let position = 0
  let waiting: { bytes: Uint8Array; passed: PromiseWithResolvers<void> } | undefined
  let changed = Promise.withResolvers<void>()
  /** Whether the reader has the chunk that waits. */
  let taken = false
  let ended = false
  let failure: { readonly error: unknown } | undefined
  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const fail = (error: unknown) => {
    failure ??= { error }
    waiting?.passed.reject(failure.error)
    waiting = undefined
    taken = false
    wake()
  }

  /** Not a generator: `return` of one that was never started would leave the writer waiting. */
  const stream: AsyncIterableIterator<Uint8Array> = {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (taken) waiting?.passed.resolve()
      if (taken) waiting = undefined
      taken = false
      while (failure === undefined && waiting === undefined && !ended) await changed.promise
      if (failure !== undefined) throw failure.error
      if (waiting === undefined) return { done: true, value: undefined }
      taken = true
      return { done: false, value: waiting.bytes }
    },
    async return() {
      fail(new LadingError('io', 'the archive was not read to its end'))
      return { done: true, value: undefined }
    },
  }

  return {
    stream,
    get position() {
      return position
    },
    async write(bytes) {
      if (failure !== undefined) throw failure.error
      if (bytes.byteLength === 0) return
      position += bytes.byteLength
      waiting = { bytes, passed: Promise.withResolvers() }
      const { promise } = waiting.passed
      wake()
      await promise
    },
    flush: async () => {},
    end() {
      ended = true
      wake()
    },
    fail,
  }
}
