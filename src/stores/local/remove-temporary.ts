import { unlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from '../../errors/index.ts'

const attempts = 3

/**
 * Removes a file of our own. Where it was renamed there is nothing left. Tried again where the system refuses: what stays is in the way of
 * others (a lock), and what stands in our way may be there for a moment only (a scanner on Windows).
 *
 * Not by rm(): it looks before it removes, which may fail where removing does not.
 */
export async function removeTemporary(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await unlink(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return
      if (attempt === attempts) throw error
    }
    await sleep(attempt * 10)
  }
}
