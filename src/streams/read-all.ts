import { LadingError } from '../errors/index.ts'
import type { ByteStream } from './byte-stream.ts'

/**
 * Reads a document whole.
 *
 * @throws LadingError `too-large` as soon as more than `limit` bytes have come; nothing beyond them is kept
 */
export async function readAll(stream: ByteStream, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.byteLength
    if (size > limit) throw new LadingError('too-large', `${what} is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : new Uint8Array(Buffer.concat(chunks))
}
