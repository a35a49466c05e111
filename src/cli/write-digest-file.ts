import { randomUUID } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { fromFileError, systemCode } from '../errors/index.ts'

/** Writes the digest, or lines of digests and images, and nothing else, as skopeo does. The file is whole or as it was before. */
export async function writeDigestFile(path: string, digests: string): Promise<void> {
  try {
    const target = await existing(path)
    // a pipe or a device (`/dev/stdout`) is written to, never replaced
    if (target !== undefined && !target.isFile) return await writeFile(path, digests)
    await replace(target?.path ?? path, digests)
  } catch (error) {
    throw fromFileError(error, { operation: 'write digest file', subject: path, side: 'local' })
  }
}

/** Where the path leads through symbolic links, which stay. */
async function existing(path: string): Promise<{ path: string; isFile: boolean } | undefined> {
  try {
    return { path: await realpath(path), isFile: (await stat(path)).isFile() }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function replace(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, content, { flag: 'wx', flush: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
