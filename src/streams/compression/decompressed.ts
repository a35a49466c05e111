import type { ByteStream } from '../byte-stream.ts'
import { decompress } from './decompress.ts'
import { sniffCompression, sniffedBytes } from './sniff-compression.ts'

/** The content of a stream, however it is compressed, as its first bytes tell. What is not compressed passes as it comes. */
export async function* decompressed(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const input = stream[Symbol.asyncIterator]()
  try {
    const head: Uint8Array[] = []
    let size = 0
    while (size < sniffedBytes) {
      const next = await input.next()
      if (next.done) break
      head.push(next.value)
      size += next.value.byteLength
    }
    yield* decompress(joined(head, input), sniffCompression(Buffer.concat(startOf(head))))
  } finally {
    await input.return?.()
  }
}

/** No more than is looked at, of chunks that may be large. */
function startOf(chunks: readonly Uint8Array[]): Uint8Array[] {
  return chunks.map(chunk => chunk.subarray(0, sniffedBytes))
}

async function* joined(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): ByteStream & AsyncGenerator<Uint8Array> {
  yield* head
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}
