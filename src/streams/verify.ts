import { LadingError } from '../errors/index.ts'
import { createDigester, type Digest, digestParts } from '../model/digest.ts'
import type { ByteStream } from './byte-stream.ts'

/**
 * Passes bytes on and checks that they are the content that a descriptor names.
 *
 * The last chunk is held back until all bytes have been checked, so whoever reads this stream never has the whole of a wrong
 * content, and an upload of a declared length can never complete with it.
 *
 * @throws LadingError `size-mismatch` as soon as a byte too many comes, or at the end for one too few; `digest-mismatch` at the end
 */
export async function* verify(
  stream: ByteStream,
  expected: { readonly digest: Digest; readonly size: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const digester = createDigester(digestParts(expected.digest).algorithm)
  let size = 0
  let held: Uint8Array | undefined
  for await (const chunk of stream) {
    if (chunk.byteLength === 0) continue
    size += chunk.byteLength
    if (size > expected.size) {
      throw new LadingError('size-mismatch', `got more than the ${expected.size} bytes of ${expected.digest}`)
    }
    digester.update(chunk)
    if (held !== undefined) yield held
    held = chunk
  }
  if (size !== expected.size) {
    throw new LadingError('size-mismatch', `got ${size} of the ${expected.size} bytes of ${expected.digest}`)
  }
  const actual = digester.digest()
  if (actual !== expected.digest) {
    throw new LadingError('digest-mismatch', `expected ${expected.digest}, got ${actual}`)
  }
  if (held !== undefined) yield held
}
