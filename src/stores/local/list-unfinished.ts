import { rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fromFileError, systemCode } from '../../errors/index.ts'
import type { UnfinishedUpload } from '../object-store.ts'
import { refuseLinks } from './object-directory.ts'
import { abandonedFiles } from './temporary-file.ts'

/** What killed writers left in the store's own directory. The next process that writes removes it in any case. */
export async function* listUnfinished(
  root: string,
  temporary: string,
): AsyncGenerator<UnfinishedUpload, void, undefined> {
  await refuseLinks(root, temporary)
  try {
    for await (const path of abandonedFiles(temporary)) {
      const stats = await stat(path).catch(gone)
      if (stats === undefined) continue
      yield {
        key: basename(path),
        started: stats.birthtimeMs > 0 ? stats.birthtime : stats.mtime,
        size: async () => (await stat(path).catch(gone))?.size,
        remove: async () => {
          await rm(path, { force: true }).catch((error: unknown) => {
            throw fromFileError(error, {})
          })
        },
      }
    }
  } catch (error) {
    // Nobody writes, so there is no such directory.
    gone(error)
  }
}

function gone(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
}
