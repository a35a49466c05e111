import type { ServerOptions } from '../server-options.ts'
import type { SyncRegistry } from './sync-file.ts'

/** How a registry of the file is spoken to: what the file says, else what was said for all of them. */
export function sourceServerOf(
  { credentials, tlsVerify, certDir }: SyncRegistry,
  forAll: ServerOptions | undefined,
): ServerOptions {
  return {
    ...forAll,
    ...(credentials === undefined ? {} : { credential: credentials }),
    ...(certDir === undefined ? {} : { certDir }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
  }
}
