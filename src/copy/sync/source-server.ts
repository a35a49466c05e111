import { LadingError } from '../../errors/index.ts'
import type { ServerOptions } from '../server-options.ts'
import type { SyncRegistry } from './sync-file.ts'

/** How a registry of the file is spoken to. @throws LadingError `unsupported` for what cannot be said of one registry */
export function sourceServerOf(
  { registry, credentials, tlsVerify, certDir }: SyncRegistry,
  file: string,
): ServerOptions | undefined {
  if (credentials !== undefined || certDir !== undefined) {
    const key = credentials === undefined ? 'cert-dir' : 'credentials'
    throw new LadingError('unsupported', `${registry}: ${key} cannot be taken from the file yet`, {
      operation: 'read the list of images',
      subject: file,
      side: 'local',
      hint: 'log in with `lading login`, or name an authentication file with --authfile',
    })
  }
  return tlsVerify === undefined ? undefined : { tlsVerify }
}
