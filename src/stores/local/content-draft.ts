import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { LadingError } from '../../errors/index.ts'
import type { Digest } from '../../model/digest.ts'
import { type Bytes, RangeRecord } from '../../streams/index.ts'
import { adoptAbandoned } from './temporary-file.ts'
import type { Workshop } from './workshop.ts'

/** The beginning of smaller content is received again: that costs less than looking for it. */
const worthKeepingBytes = 8 * 1024 * 1024
const readBytes = 1024 * 1024

/** Whether what was received of content is kept for the process that goes on with it. */
export function isWorthKeeping({
  content,
  size = 0,
}: {
  content?: Digest | undefined
  size?: number | undefined
}): boolean {
  return content !== undefined && size >= worthKeepingBytes
}

/**
 * A new file of the store's own. For content that is worth it, what a process has left that was killed, with all that it has received.
 *
 * @param content `undefined`: nobody shall go on with it
 */
export async function openDraft(
  workshop: Workshop,
  content: Digest | undefined,
): Promise<{ readonly path: string; readonly handle: FileHandle }> {
  const name = content?.replace(':', '-')
  return await workshop.within(async () => {
    const adopted = name === undefined ? undefined : await adoptAbandoned(workshop.temporary, name)
    if (adopted !== undefined) {
      return { path: adopted, handle: await open(adopted, constants.O_RDWR | constants.O_NOFOLLOW) }
    }
    const path = await workshop.draft(name)
    return { path, handle: await open(path, 'wx+') }
  })
}

/** Has what the file holds of the body's beginning taken as read. Returns how many bytes that are; the file ends there. */
export async function recallBeginning(
  handle: FileHandle,
  body: Bytes,
  size: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [first] = new RangeRecord(handle.fd, size).read()
  const known = first?.start === 0 && first.end >= worthKeepingBytes && body.resumption !== undefined ? first.end : 0
  if (known > 0) await body.resumption?.recall(beginningOf(handle, known, signal))
  await handle.truncate(known)
  return known
}

async function* beginningOf(
  handle: FileHandle,
  end: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < end; ) {
    // Of a hundred gigabytes this takes a minute.
    signal?.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafeSlow(Math.min(readBytes, end - at)),
      0,
      undefined,
      at,
    )
    if (bytesRead === 0) throw new LadingError('io', 'somebody has made the file shorter that is being written')
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
