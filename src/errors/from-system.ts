import type { ErrorCode } from './codes.ts'
import { type ErrorDetails, LadingError } from './lading-error.ts'

const fileErrors: Record<string, readonly [code: ErrorCode, message: string, hint?: string]> = {
  ENOSPC: ['disk-full', 'no space left on the device'],
  EDQUOT: ['disk-full', 'the disk quota is used up'],
  EACCES: ['io', 'permission denied'],
  EPERM: ['io', 'operation not permitted'],
  EROFS: ['io', 'the file system is read-only'],
  EMFILE: ['io', 'too many open files', 'raise the limit with `ulimit -n`'],
  ENFILE: ['io', 'too many open files on this machine'],
  EIO: ['io', 'the device failed'],
  ENOTDIR: ['io', 'a part of the path is not a directory'],
  EISDIR: ['io', 'it is a directory'],
  ENOENT: ['io', 'no such file or directory'],
  ENAMETOOLONG: ['io', 'the name is too long for this file system'],
  ELOOP: ['io', 'too many symbolic links'],
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
  const [code, message, hint] = known ?? ['io', error instanceof Error ? error.message : String(error)]
  // A call with two paths is the one that makes a link: what is not permitted then is not a matter of permissions.
  const linking = system === 'EPERM' && error instanceof Error && 'syscall' in error && error.syscall === 'link'
  if (linking || system === 'ENOTSUP' || system === 'EOPNOTSUPP') {
    return new LadingError('io', 'this file system cannot make hard links', {
      hint: 'a bucket or layout is written on one that can (ext4, xfs, btrfs, apfs, ntfs), not on FAT or some network shares',
      ...details,
      cause: error,
    })
  }
  return new LadingError(code, message, { hint, ...details, cause: error })
}
