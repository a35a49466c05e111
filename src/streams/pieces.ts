import type { ByteStream } from './byte-stream.ts'
import { SpareBuffers } from './spare-buffers.ts'

/**
 * The same bytes in pieces of exactly this size, the last excepted, whatever the chunks. One piece, an empty one, where there are none.
 *
 * @param buffers of that size, to be given back by who has no use for a piece any more
 */
export async function* pieces(
  stream: ByteStream,
  size: number,
  buffers = new SpareBuffers(size),
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece: Uint8Array = new Uint8Array()
  let filled = 0
  let any = false
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.byteLength; ) {
      // Chunks never change: a piece within one need not be copied.
      if (filled === 0 && chunk.byteLength - at >= size) {
        yield chunk.subarray(at, at + size)
        at += size
        any = true
        continue
      }
      if (filled === 0) piece = buffers.take()
      const part = chunk.subarray(at, at + size - filled)
      piece.set(part, filled)
      at += part.byteLength
      filled += part.byteLength
      if (filled < size) continue
      yield piece
      filled = 0
      any = true
    }
  }
  if (filled > 0 || !any) yield piece.subarray(0, filled)
}
