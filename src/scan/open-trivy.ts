import type { SessionOptions } from '../copy/index.ts'
import { openSession } from '../copy/session.ts'
import { LadingError } from '../errors/index.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { openReleaseServer } from './fetch-release.ts'
import { findScanner, type Scanner } from './find-scanner.ts'
import { installTrivy, offerTrivy, type TrivyOffer, trivyTarget } from './install-trivy.ts'
import { askVersion } from './scanner-version.ts'
import { pinnedTrivy, trivyRelease } from './trivy-release.ts'

export interface TrivyOptions extends SessionOptions {
  /** Install Trivy where there is none: without asking, or where the answer is yes. Default: it is an error. */
  readonly installTrivy?: boolean | ((offer: TrivyOffer) => Promise<boolean>) | undefined
  /** Hears what is installed, before it is downloaded. */
  readonly onInstall?: ((offer: TrivyOffer) => void) | undefined
  /** Use this version and no other. Where it has to be installed, Trivy's signature of it is checked. */
  readonly trivyVersion?: string | undefined
  /** Sigstore's trusted root for that, in the place of the one of its repository. */
  readonly trustedRoot?: string | undefined
}

/**
 * The Trivy of this machine: of PATH, else of `~/.local/bin`, else one that is installed there now.
 *
 * @throws LadingError `program-not-found` where there is none and none may be installed; what the installation throws
 */
export async function openTrivy(options: TrivyOptions, environment: Environment): Promise<Scanner> {
  const { signal, trivyVersion, installTrivy: mayInstall = false } = options
  // before anything is run: a malicious one too may be installed already
  const release = trivyVersion === undefined ? undefined : trivyRelease(trivyVersion, environment)
  const others: Scanner[] = []
  for (const path of await findScanner('trivy', environment)) {
    const scanner = await askVersion('trivy', path, environment, signal)
    if (release === undefined || scanner.version === release.version) return scanner
    others.push(scanner)
  }
  const wanted = release ?? trivyRelease(pinnedTrivy, environment)
  if (mayInstall === false) throw absent(wanted.version, others)
  await using session = openSession(options, () => {})
  const server = await openReleaseServer(session, options)
  // its size is asked for where somebody is told
  if (mayInstall !== true || options.onInstall !== undefined) {
    const offer = await offerTrivy(wanted, environment, server)
    if (mayInstall !== true && !(await mayInstall(offer))) throw absent(wanted.version, others)
    options.onInstall?.(offer)
  }
  const path = await installTrivy(wanted, environment, server, options.trustedRoot)
  return await askVersion('trivy', path, environment, signal)

  function absent(version: string, found: readonly Scanner[]): LadingError {
    const there = found.map(one => `${one.path} is ${one.version ?? 'of an unknown version'}`).join(', ')
    const message = found.length === 0 ? 'Trivy is not installed' : `Trivy ${version} is not installed: ${there}`
    return new LadingError('program-not-found', message, {
      operation: 'scan',
      side: 'local',
      hint: `--install-trivy installs ${version} as ${trivyTarget(environment)}`,
    })
  }
}
