import { LadingError } from '../errors/index.ts'
import { createDigester, type Digest, type DigestAlgorithm } from '../model/digest.ts'
import type { ByteStream } from './byte-stream.ts'

/** Bytes that come once, and whose digest is known when all of them have come. */
export interface Draft {
  /** Can be read once. */
  read(): ByteStream
  /** Of all bytes. MUST NOT be asked before `read` has ended. */
  digest(): Digest
  /** Bytes that have passed. */
  readonly size: number
}

/** Counts and digests a stream while it is read. */
export function createDraft(body: ByteStream, algorithm: DigestAlgorithm = 'sha256'): Draft {
  const digester = createDigester(algorithm)
  let size = 0
  let digest: Digest | undefined
  return {
    async *read() {
      for await (const chunk of body) {
        digester.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
      digest = digester.digest()
    },
    digest() {
      if (digest === undefined) throw new LadingError('internal', 'the digest of bytes that have not all come')
      return digest
    },
    get size() {
      return size
    },
  }
}
