import { createHash, randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fromFileError, systemCode } from '../../errors/index.ts'
import { cacheFolder } from '../../stores/cache-folder.ts'
import { readSmallFile } from '../../streams/index.ts'

/** What is kept of a repository of TUF. */
export interface TufCache {
  readonly folder: string
  readonly targets: string
  /** A later root that was followed before, by the name that the repository has for it. Every run follows them anew, from the first. */
  root(name: string): Promise<Uint8Array | undefined>
  /** Only what was verified: whoever comes later would fail by anything else. */
  keepRoot(name: string, bytes: Uint8Array): Promise<void>
}

/**
 * Opens what is kept, with the first root as the one that is believed: whichever is there may be anybody's.
 *
 * @throws LadingError `io`
 */
export async function openTufCache(
  mirror: string,
  first: Uint8Array,
  environment: NodeJS.ProcessEnv,
): Promise<TufCache> {
  // Another first root is another repository, whatever its address: nothing of the one is there for the other.
  const name = createHash('sha256').update(mirror).update('\0').update(first).digest('hex').slice(0, 32)
  const folder = path.join(cacheFolder(environment), 'tuf', name)
  const [targets, roots] = [path.join(folder, 'targets'), path.join(folder, 'roots')]
  const inFolder = async (task: Promise<unknown>) => {
    try {
      await task
    } catch (error) {
      throw fromFileError(error, { operation: 'read trusted root', subject: folder })
    }
  }
  for (const one of [targets, roots]) await inFolder(mkdir(one, { recursive: true, mode: 0o700 }))
  await inFolder(put(path.join(folder, 'root.json'), first))
  return {
    folder,
    targets,
    async root(one) {
      try {
        return await readSmallFile(path.join(roots, one))
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return undefined
        throw fromFileError(error, { operation: 'read trusted root', subject: path.join(roots, one) })
      }
    },
    keepRoot: (one, bytes) => inFolder(put(path.join(roots, one), bytes)),
  }
}

/** Whole or not at all: others may read it at the same time. */
async function put(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, bytes, { flag: 'wx', mode: 0o600 })
  await rename(draft, file)
}
