import type { ByteStream } from './byte-stream.ts'

/** The beginning of a stream that has been read, and the way to the rest. Who does not read `stream` MUST call `close`. */
export interface StreamHead {
  readonly chunks: readonly Uint8Array[]
  /** Of the chunks, in bytes. */
  readonly size: number
  /** The stream has ended: the head is all of it. */
  readonly whole: boolean
  /** The head, whose chunks are let go of one by one, and then the rest. Can be read once. */
  stream(): ByteStream
  close(): Promise<void>
}

/** Reads a stream to its end, or until more than `limit` bytes have come. */
export async function readHead(stream: ByteStream, limit: number): Promise<StreamHead> {
  const input = stream[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  let size = 0
  let whole = false
  while (!whole && size <= limit) {
    const next = await input.next()
    if (next.done) {
      whole = true
    } else if (next.value.byteLength > 0) {
      chunks.push(next.value)
      size += next.value.byteLength
    }
  }
  const close = async () => {
    if (!whole) await input.return?.()
  }
  return {
    chunks,
    size,
    whole,
    close,
    async *stream() {
      try {
        for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield chunk
        while (!whole) {
          const next = await input.next()
          if (next.done) return
          yield next.value
        }
      } finally {
        await close()
      }
    },
  }
}
