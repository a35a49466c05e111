import type { SessionOptions } from '../../../copy/index.ts'
import type { CommandContext } from '../../context.ts'
import { defined } from '../../defined.ts'
import { systemOf } from '../../platform-options.ts'
import { logLine } from '../log-line.ts'
import type { SkopeoGlobals } from './globals.ts'
import { skopeoVersion } from './version.ts'

/** What every operation is done with under skopeo's name. */
export function sessionOf(input: SkopeoGlobals, { signal, stderr }: CommandContext): SessionOptions {
  const { userAgentPrefix, registriesConf, 'registries.d': registriesD, tmpdir, debug } = input
  return {
    userAgent: `skopeo/${skopeoVersion}`,
    retryRequests: false,
    tlsOnLoopback: true,
    platformMatching: 'compatible',
    signal,
    ...systemOf(input),
    ...defined({ userAgentPrefix, registriesConf, registriesD, temporaryFolder: tmpdir }),
    ...(debug
      ? {
          onRequest({ method, url, status, failure }) {
            const message = `${method} ${url}: ${failure ?? status}`
            stderr.write(logLine({ level: 'debug', message }, stderr))
          },
        }
      : {}),
  }
}
