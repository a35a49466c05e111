import { LadingError } from '../errors/index.ts'

/** The Trivy that is installed where none is named. */
export const pinnedTrivy = '0.75.0'

/**
 * SHA-256 of the archives of `pinnedTrivy`, as trivy_0.75.0_checksums.txt of its release has them. Taken from five public projects that pin the
 * same release and agree on it; one of them had checked Trivy's signature of the list with cosign.
 */
const pinnedArchives: Readonly<Record<string, string>> = {
  'trivy_0.75.0_Linux-64bit.tar.gz': 'c6e65abddb348e25f10549df887045629cf28cc72453cd1c63acb717316b3f3f',
  'trivy_0.75.0_Linux-ARM64.tar.gz': 'a1ee9f6ffb7d112b64ff726a2a0717c21175c1114361391f4a132956751a13b3',
  'trivy_0.75.0_macOS-64bit.tar.gz': '291edaa9778acbe4693d067b5ad60ee11570e5ac68296e85595417528ca641e4',
  'trivy_0.75.0_macOS-ARM64.tar.gz': '4a77108cccf8e55c8d6823e1e759939a622277e66cd0daa3c1fc621ed69e4568',
}

/**
 * Releases that carried malware in March 2026 (GHSA-69fq-xp46-6x23). Trivy's own workflow signed them: a signature says who built something, and not
 * that it does no harm.
 */
const malicious: readonly string[] = ['0.69.4', '0.69.5', '0.69.6']

const releasesOfTrivy = 'https://github.com/aquasecurity/trivy/releases/download'

const systems: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS' }
const architectures: Readonly<Record<string, string>> = { x64: '64bit', arm64: 'ARM64' }

/** One release of Trivy, for one kind of machine. */
export interface TrivyRelease {
  readonly version: string
  /** The archive's name and address. */
  readonly archive: string
  readonly url: string
  /** The list of the digests of the release's files, by name. */
  readonly checksumsUrl: string
  /** What the archive's SHA-256 must be, in hexadecimal. Absent: the checksums say it, once their signature is checked. */
  readonly sha256?: string
}

export interface Machine {
  readonly platform: string
  readonly architecture: string
}

/** What is in there may be a password, and is not shown. */
function mirrorOf({ LADING_TRIVY_RELEASES: mirror }: Readonly<Record<string, string | undefined>>): string | undefined {
  if (!mirror) return undefined
  if (URL.canParse(mirror) && /^https?:$/.test(new URL(mirror).protocol)) return mirror.replace(/\/+$/, '')
  throw new LadingError('bad-config', 'LADING_TRIVY_RELEASES is not the address of a server', {
    operation: 'install Trivy',
    side: 'local',
    hint: 'it begins with https:// or http://, and what follows it is v0.75.0/trivy_0.75.0_…',
  })
}

/**
 * The release of a version for this machine. `LADING_TRIVY_RELEASES` names a mirror.
 *
 * @throws LadingError `bad-argument` for what is no version, or a malicious one; `unsupported` where there is none for this machine
 */
export function trivyRelease(
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
  { platform, architecture }: Machine = { platform: process.platform, architecture: process.arch },
): TrivyRelease {
  // it becomes a part of an address, of a file's name and of an identity
  if (!/^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(version)) {
    throw new LadingError('bad-argument', `${JSON.stringify(version)} is not a version of Trivy`, {
      hint: `a version is like ${pinnedTrivy}`,
    })
  }
  if (malicious.includes(version)) {
    throw new LadingError('bad-argument', `Trivy ${version} carried malware, and is not installed`, {
      hint: `without --trivy-version ${pinnedTrivy} is installed`,
    })
  }
  const [system, machine] = [systems[platform], architectures[architecture]]
  if (system === undefined || machine === undefined) {
    throw new LadingError('unsupported', `Trivy is not installed for ${platform} on ${architecture}`, {
      operation: 'install Trivy',
      hint: 'install it as its own manual says, so that it is found in PATH',
    })
  }
  const base = mirrorOf(environment) ?? releasesOfTrivy
  const archive = `trivy_${version}_${system}-${machine}.tar.gz`
  const pinned = pinnedArchives[archive]
  return {
    version,
    archive,
    url: `${base}/v${version}/${archive}`,
    checksumsUrl: `${base}/v${version}/trivy_${version}_checksums.txt`,
    ...(pinned === undefined ? {} : { sha256: pinned }),
  }
}
