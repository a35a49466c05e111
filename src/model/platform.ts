import { LadingError } from '../errors/index.ts'

/** OCI image specification, image-index.md, `platform`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

/** Names that users and `uname` say, for what GOARCH says. As containerd's platforms package normalises them. */
const architectureAliases: ReadonlyMap<string, readonly [architecture: string, variant?: string]> = new Map([
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['i386', ['386']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
])

const nodeArchitectures: Record<string, string> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', loong64: 'loong64' }

/** The variant that is meant where none is named: docker's default. */
const defaultVariants: Record<string, string> = { arm: 'v7', arm64: 'v8' }

const component = /^[A-Za-z0-9_.-]+$/

/**
 * Reads `os/arch[/variant]`.
 *
 * @throws LadingError `bad-argument`
 */
export function parsePlatform(text: string): Platform {
  const parts = text.trim().split('/')
  const [os, architecture, variant] = parts
  const bad = parts.length < 2 || parts.length > 3 || parts.some(part => !component.test(part))
  if (bad || os === undefined || architecture === undefined) {
    throw new LadingError('bad-argument', `${JSON.stringify(text)} is not a platform`, {
      hint: 'a platform is os/arch or os/arch/variant, like linux/amd64 or linux/arm/v7',
    })
  }
  return normalisePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) })
}

/** `os/arch[/variant]` as it is written, no default filled in. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return [os || 'unknown', architecture || 'unknown', ...(variant ? [variant] : [])].join('/')
}

/** Lower case and Go's names; an architecture that implies a variant gets it. Nothing else is added. */
export function normalisePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase()
  const named = platform.architecture.toLowerCase()
  const [architecture, impliedVariant] = architectureAliases.get(named) ?? [named]
  const variant = platform.variant?.toLowerCase() || impliedVariant
  const { variant: _, ...rest } = platform
  return { ...rest, os, architecture, ...(variant ? { variant: /^\d/.test(variant) ? `v${variant}` : variant } : {}) }
}

/** Whether an image for `offered` is what `wanted` asks for; a variant left out on either side means docker's default. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  const a = normalisePlatform(wanted)
  const b = normalisePlatform(offered)
  if (a.os !== b.os || a.architecture !== b.architecture) return false
  return (a.variant ?? defaultVariants[a.architecture]) === (b.variant ?? defaultVariants[b.architecture])
}

/** The platform whose images run on this machine: containers are Linux on macOS too. */
export function hostPlatform(
  os: string = process.platform,
  architecture: string = process.arch,
  armVersion: string | undefined = nodeArmVersion(),
): Platform {
  const containerOs = os === 'win32' ? 'windows' : os === 'darwin' ? 'linux' : os
  const variant = architecture === 'arm' && armVersion !== undefined ? `v${armVersion}` : undefined
  return normalisePlatform({
    os: containerOs,
    architecture: nodeArchitectures[architecture] ?? architecture,
    ...(variant === undefined ? {} : { variant }),
  })
}

/** A platform, or some of its words, in the place of this machine's: as `--override-os` and the like give them. */
export function overridePlatform(words: Partial<Platform>, host: Platform = hostPlatform()): Platform {
  const { os = host.os, architecture = host.architecture } = words
  // The variant that was found is one of this machine's architecture.
  const variant = words.variant ?? (words.architecture === undefined ? host.variant : undefined)
  return normalisePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) })
}

/** `7` or `6` where Node was built for 32-bit arm. */
function nodeArmVersion(): string | undefined {
  const variables: object = process.config.variables
  return 'arm_version' in variables ? String(variables.arm_version) : undefined
}
