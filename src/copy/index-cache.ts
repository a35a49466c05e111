import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Digest, digestOf, digestParts } from '../model/digest.ts'
import { cacheFolder } from '../stores/cache-folder.ts'
import { replaceFile } from '../streams/replace-file.ts'

/** Indexes that are kept at most. A real one has some kilobytes. */
const maxKept = 200

/**
 * Indexes of which a subset was copied to a place that cannot keep them: so the next copy of that subset, from this machine, need
 * not ask the source for the index again, which registries count as a pull.
 *
 * A file is named by its digest and checked against it. Whatever goes wrong here is no error: then the source is asked.
 */
export interface IndexCache {
  read(digest: Digest): Promise<Uint8Array | undefined>
  write(digest: Digest, bytes: Uint8Array): Promise<void>
}

export function openIndexCache(environment: Readonly<Record<string, string | undefined>> = process.env): IndexCache {
  const folder = path.join(cacheFolder(environment), 'indexes')
  const fileOf = (digest: Digest) => path.join(folder, `${digestParts(digest).algorithm}-${digestParts(digest).hex}`)
  return {
    async read(digest) {
      try {
        const bytes = await readFile(fileOf(digest))
        return digestOf(bytes, digestParts(digest).algorithm) === digest ? bytes : undefined
      } catch {
        return undefined
      }
    },
    async write(digest, bytes) {
      try {
        await mkdir(folder, { recursive: true })
        await replaceFile(fileOf(digest), bytes)
        await removeOldest(folder)
      } catch {
        // A home that cannot be written to: nothing is kept.
      }
    },
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder)
  if (names.length <= maxKept) return
  const files = await Promise.all(
    names.map(async name => ({ name, modified: (await stat(path.join(folder, name))).mtimeMs })),
  )
  const oldest = files.sort((a, b) => a.modified - b.modified).slice(0, names.length - maxKept)
  await Promise.all(oldest.map(({ name }) => rm(path.join(folder, name), { force: true })))
}
