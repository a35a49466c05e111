import { open } from 'node:fs/promises'
import { LadingError } from '../errors/index.ts'
import { limits } from '../model/limits.ts'

/** What most such files fit into. */
const pieceBytes = 64 * 1024

/**
 * A file of this machine that somebody wrote by hand, or a program for it to be found: configuration, credentials, certificates. One that is
 * larger than any of those, or never ends, is not read.
 *
 * @throws LadingError `too-large`; what the file system says, as it is
 */
export async function readSmallFile(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const pieces: Buffer[] = []
    let size = 0
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null)
      if (bytesRead === 0) return Buffer.concat(pieces, size)
      size += bytesRead
      if (size > limits.fileBytes) {
        throw new LadingError('too-large', `the file has more than ${limits.fileBytes} bytes`, { subject: path })
      }
      pieces.push(buffer.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
