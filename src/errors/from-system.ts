import type { ErrorCode } from './codes.ts'
import { type ErrorDetails, LadingError } from './lading-error.ts'

const makeRoom = 'make room there and do it again: what is finished is kept'
const allow = 'see that this user may read and write there, or choose another place'
const shorter = 'choose a shorter name, or a folder nearer to the root'

const fileErrors: Record<string, readonly [code: ErrorCode, message: string, hint: string]> = {
  ENOSPC: ['disk-full', 'no space left on the device', makeRoom],
  EDQUOT: ['disk-full', 'the disk quota is used up', makeRoom],
  EFBIG: [
    'io',
    'the file is larger than the file system or `ulimit -f` allows',
    'choose a place that holds large files',
  ],
  EACCES: ['io', 'permission denied', allow],
  EPERM: ['io', 'operation not permitted', allow],
  EROFS: ['io', 'the file system is read-only', 'mount it for writing, or choose another place'],
  EMFILE: ['io', 'too many open files', 'raise the limit with `ulimit -n`'],
  ENFILE: [
    'io',
    'too many open files on this machine',
    'end other programs, or raise the limit of the system (fs.file-max)',
  ],
  EIO: ['io', 'the device failed', 'look into the log of the system: the disk or the way to it may be damaged'],
  ESTALE: ['io', 'the file is gone from the network share', 'do it again once nobody else changes it'],
  EBUSY: ['io', 'it is in use', 'end what uses it and do it again'],
  ETXTBSY: ['io', 'it is in use', 'end what uses it and do it again'],
  ENOTDIR: ['io', 'a part of the path is not a directory', 'check the path'],
  EISDIR: ['io', 'it is a directory', 'check the path'],
  ENOENT: ['io', 'no such file or directory', 'check the path'],
  EEXIST: ['io', 'something of that name exists', 'choose another name, or remove what is there'],
  ENOTEMPTY: ['io', 'the directory is not empty', 'do it again once nobody else writes there'],
  ENAMETOOLONG: ['io', 'the name is too long for this file system', shorter],
  ELOOP: ['io', 'too many symbolic links', 'check where the links on the path lead'],
  EMLINK: ['io', 'the file system has no more links for this file', 'do it again; another file system has more'],
  EXDEV: [
    'io',
    'two folders that belong together are on different file systems',
    'keep all of a bucket, layout or directory on one file system: mount that, not a folder in it',
  ],
}

/** The system's own code of an error (`ENOENT`), where it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether a package that is loaded on demand is not installed: the bundled program requires it, and everything else imports it. */
export function isMissingPackage(error: unknown): boolean {
  return ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(systemCode(error) ?? '')
}

/** A file system failure in lading's words. A LadingError or an abort passes unchanged. */
export function fromFileError(error: unknown, details: ErrorDetails): Error {
  if (error instanceof LadingError) return error
  if (error instanceof Error && error.name === 'AbortError') return error
  const system = systemCode(error)
  const known = system === undefined ? undefined : fileErrors[system]
  const [code, message, hint] = known ?? ['io', error instanceof Error ? error.message : String(error), undefined]
  // A call with two paths is the one that makes a link: what is not permitted then is not a matter of permissions.
  const linking = system === 'EPERM' && error instanceof Error && 'syscall' in error && error.syscall === 'link'
  if (linking || system === 'ENOTSUP' || system === 'EOPNOTSUPP') {
    return new LadingError('io', 'this file system cannot make hard links', {
      hint: 'a bucket or layout is written on one that can (ext4, xfs, btrfs, apfs, ntfs), not on FAT or some network shares',
      ...details,
      cause: error,
    })
  }
  return new LadingError(code, message, { ...details, hint: details.hint ?? hint, cause: error })
}
