import { realpath, stat, writeFile } from 'node:fs/promises'
import { fromFileError, systemCode } from '../errors/index.ts'

/** Writes the digest, or lines of digests and images, and nothing else, as skopeo does. The file is whole or as it was before. */
export async function writeDigestFile(path: string, digests: string): Promise<void> {
  try {
    const target = await existing(path)
    // a pipe or a device (`/dev/stdout`) is written to, never replaced
    if (target !== undefined && !target.isFile) return await writeFile(path, digests)
    const { replaceFile } = await import('../streams/replace-file.ts')
    await replaceFile(target?.path ?? path, digests, { durable: true })
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
