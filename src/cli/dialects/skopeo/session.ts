import type { SessionOptions } from '../../../copy/index.ts'
import type { CommandContext } from '../../context.ts'
import { defined } from '../../defined.ts'
import type { SkopeoGlobals } from './globals.ts'
import { skopeoVersion } from './version.ts'

/** What every operation is done with under skopeo's name. */
export function sessionOf(
  { userAgentPrefix, registriesConf, tmpdir }: SkopeoGlobals,
  { signal }: CommandContext,
): SessionOptions {
  return {
    userAgent: `skopeo/${skopeoVersion}`,
    retryRequests: false,
    tlsOnLoopback: true,
    signal,
    ...defined({ userAgentPrefix, registriesConf, temporaryFolder: tmpdir }),
  }
}
