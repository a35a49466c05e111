import { createGunzip } from 'node:zlib'
import { systemCode } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { badCompression } from './bad-compression.ts'
import { decoderBuffers } from './decoder-buffers.ts'
import { through } from './through.ts'

/** Uncompresses gzip of any number of members (RFC 1952, 2.2). Behind the last there may be nothing, not even zeros. */
export async function* gunzip(stream: ByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = createGunzip(decoderBuffers)
  let read = 0
  const counted = async function* () {
    for await (const chunk of stream) {
      read += chunk.byteLength
      yield chunk
    }
  }
  yield* through(counted(), { into: decoder, from: decoder }, explain)
  // Node takes no bytes for an empty content, and passes over what follows a zero behind a member.
  if (read === 0) throw badCompression('gzip', 'is empty')
  if (decoder.bytesWritten !== read) throw badCompression('gzip', 'is followed by something else')
}

function explain(error: unknown): unknown {
  if (systemCode(error) === 'Z_BUF_ERROR') return badCompression('gzip', 'is truncated', error)
  return badCompression('gzip', `is malformed: ${error instanceof Error ? error.message : String(error)}`, error)
}
