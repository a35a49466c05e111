import type { ByteRange, ByteStream } from './byte-stream.ts'

/** A range of what can only be read from its start. What lies before it is read and dropped, and nothing behind it is read. */
export async function* partOfStream(
  stream: ByteStream,
  { start, end = Number.POSITIVE_INFINITY }: ByteRange = { start: 0 },
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0
  for await (const chunk of stream) {
    const part = chunk.subarray(Math.max(start - position, 0), Math.min(end - position, chunk.byteLength))
    position += chunk.byteLength
    if (part.byteLength > 0) yield part
    if (position >= end) return
  }
}
