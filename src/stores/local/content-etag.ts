import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { maxManifestBytes } from '../../model/manifest.ts'

/** Objects up to this size are read whole by `get`, so their etag costs nothing. */
export const etagLimitBytes = maxManifestBytes

const readBytes = 1024 * 1024

/**
 * The etag of a file: the hash of its content. Never a time: two writes within one tick of the file system's clock would look
 * the same, and a restored backup would look old.
 */
export function etagOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The etag of a file of any size. `onChunk` is awaited between reads: a lock is renewed there. */
export async function etagOfFile(
  handle: FileHandle,
  signal: AbortSignal | undefined,
  onChunk?: () => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(readBytes)
  for (let position = 0; ; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, readBytes, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
    await onChunk?.()
  }
}
