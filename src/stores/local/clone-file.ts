import { constants } from 'node:fs'
import { chmod, copyFile, open, unlink } from 'node:fs/promises'
import { systemCode } from '../../errors/index.ts'

/**
 * What systems say of files that cannot share their bytes: of two file systems, or of one that keeps each file's apart (ioctl_ficlonerange(2)), and
 * ZFS of one that was written a moment ago (EAGAIN).
 */
const cannot: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EINVAL',
  'ENOSYS',
  'ENOTSUP',
  'ENOTTY',
  'EOPNOTSUPP',
  'EPERM',
  'ETXTBSY',
  'EXDEV',
])

/**
 * Makes a file that shares its bytes with another until one of them is changed, in no time whatever its size (a reflink: btrfs, XFS, APFS,
 * ReFS), and makes it durable. It has the permissions of a new file, not those of the other, which may be for one user alone. `false`: nothing was made, the bytes must be copied.
 */
export async function cloneFile(from: string, to: string): Promise<boolean> {
  const mode = await modeOfNewFile(to)
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)
  } catch (error) {
    if (cannot.has(systemCode(error) ?? '')) return false
    throw error
  }
  await chmod(to, mode)
  await using file = await open(to, 'r+')
  await file.sync()
  return true
}

/** By making one: to ask for the umask is to change it for a moment, for all threads. */
async function modeOfNewFile(path: string): Promise<number> {
  await using file = await open(path, 'wx')
  const { mode } = await file.stat()
  await unlink(path)
  return mode & 0o777
}
