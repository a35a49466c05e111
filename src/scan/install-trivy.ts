import path from 'node:path'
import { LadingError } from '../errors/index.ts'
import { redactUrl } from '../http/redact.ts'
import { limits } from '../model/limits.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { downloadRelease, type ReleaseServer, readRelease, sizeOfRelease } from './fetch-release.ts'
import { userPrograms } from './find-scanner.ts'
import type { TrivyRelease } from './trivy-release.ts'
import { unpackProgram } from './unpack-program.ts'

/** What would be installed, and where: for the question whether it may be. */
export interface TrivyOffer {
  readonly version: string
  readonly url: string
  readonly target: string
  /** Absent where the server does not tell. */
  readonly sizeBytes?: number
}

export function trivyTarget(environment: Environment): string {
  return path.join(userPrograms(environment), 'trivy')
}

export async function offerTrivy(
  { version, url }: TrivyRelease,
  environment: Environment,
  server: ReleaseServer,
): Promise<TrivyOffer> {
  const sizeBytes = await sizeOfRelease(url, server)
  return {
    version,
    url: redactUrl(url),
    target: trivyTarget(environment),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  }
}

/**
 * Downloads a release of Trivy, and installs it for this user alone once its digest is that of the source, or of a list that Trivy has signed. Until
 * then nothing of it is unpacked.
 *
 * @returns where it is
 * @throws LadingError `digest-mismatch`, `untrusted`
 */
export async function installTrivy(
  release: TrivyRelease,
  environment: Environment,
  server: ReleaseServer,
  trustedRoot: string | undefined,
): Promise<string> {
  const expected = release.sha256 ?? (await signedDigest(release, environment, server, trustedRoot))
  await using archive = await downloadRelease(release.url, server)
  if (archive.digest !== `sha256:${expected}`) {
    throw new LadingError('digest-mismatch', `expected sha256:${expected}, got ${archive.digest}`, {
      operation: 'install Trivy',
      subject: redactUrl(release.url),
      hint: 'nothing was installed; a mirror may be wrong, or somebody is in between',
    })
  }
  const target = trivyTarget(environment)
  await unpackProgram(archive.bytes.open(0, server.signal), 'trivy', target)
  return target
}

async function signedDigest(
  release: TrivyRelease,
  environment: Environment,
  server: ReleaseServer,
  trustedRoot: string | undefined,
): Promise<string> {
  const { verifyChecksums } = await import('./verify-checksums.ts')
  const checksums = await readRelease(release.checksumsUrl, limits.checksumsBytes, server)
  const bundle = await readRelease(`${release.checksumsUrl}.sigstore.json`, limits.checksumsBytes, server)
  return await verifyChecksums(release, checksums, bundle, await trustedRootOf(trustedRoot, environment, server))
}

async function trustedRootOf(file: string | undefined, environment: Environment, { http, signal }: ReleaseServer) {
  const { fetchTrustedRoot, readTrustedRootFile } = await import('../trust/sigstore/index.ts')
  return file === undefined ? await fetchTrustedRoot(http, { environment, signal }) : await readTrustedRootFile(file)
}
