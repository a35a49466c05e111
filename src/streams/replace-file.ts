import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../errors/index.ts'

export interface ReplaceOptions {
  /** Default: as the umask has it. */
  readonly mode?: number
  /** Have it on the disk before it gets its name. Not for what can be found out again. */
  readonly durable?: boolean
}

/** So often a name is given once more on Windows, where whoever has the old file open for a moment (a scanner, a backup) stands in the way. */
const busyAttempts = 8

/**
 * Gives a file new content: whoever opens it has the old one or the new one, each whole. Where that fails it is as before, and nothing else is
 * left there.
 *
 * @throws what the system throws
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode, durable = false }: ReplaceOptions = {},
): Promise<void> {
  // A name of its own, not one made of the file's: that may be as long as names can be.
  const draft = join(dirname(path), `.lading-${randomUUID()}.tmp`)
  const handle = await open(draft, 'wx', mode)
  try {
    await write(handle, content, { mode, durable })
    await giveName(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

async function write(
  handle: FileHandle,
  content: string | Uint8Array,
  { mode, durable }: { readonly mode: number | undefined; readonly durable: boolean },
): Promise<void> {
  try {
    await handle.writeFile(content)
    // The umask may have taken something from it.
    if (mode !== undefined) await handle.chmod(mode)
    if (durable) await handle.sync()
  } finally {
    await handle.close()
  }
}

async function giveName(draft: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rename(draft, path)
    } catch (error) {
      const isBusy = ['EACCES', 'EBUSY', 'EPERM'].includes(systemCode(error) ?? '')
      if (!isBusy || process.platform !== 'win32' || attempt === busyAttempts) throw error
      await sleep(attempt * 20)
    }
  }
}
