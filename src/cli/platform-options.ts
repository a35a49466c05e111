import type { CopyOptions, SessionOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import { overridePlatform, type Platform, parsePlatform } from '../model/platform.ts'
import { defined } from './defined.ts'
import { flag, list, type OptionSpec, text } from './options.ts'

type Given<O extends Record<string, OptionSpec>> = { readonly [K in keyof O]: ReturnType<O[K]['read']> }

/** What this system is, wherever its platform decides. */
export const systemOptions = {
  overrideOs: text({ value: 'OS', description: "Take this for this system's OS, where its platform is chosen." }),
  overrideArch: text({ value: 'ARCH', description: 'The same for its architecture, like arm64.' }),
  overrideVariant: text({ value: 'VARIANT', description: 'The same for the variant of its architecture, like v7.' }),
} as const

/** Which platforms of an image are copied. */
export const platformOptions = {
  platform: list(
    {
      value: 'OS/ARCH[/VARIANT]',
      description:
        'Copy this platform alone; give it again, or with commas, for several. The image gets a new digest, which is told.',
    },
    parsePlatform,
  ),
  all: flag({
    short: 'a',
    description: 'Copy all platforms, as happens anyway where DST can hold them; elsewhere it is refused.',
  }),
  multiArch: {
    value: 'all|system|index-only|PLATFORMS',
    description:
      "What to copy of a multi-platform image: all of it, this system's platform, the index without any, or the platforms of a list " +
      'with commas. index-only is taken by oci:, oci-archive: and dir:, and elsewhere where the platforms are there already.',
    read: readMultiArch,
  } satisfies OptionSpec<MultiArch | undefined>,
  sparseIndex: flag({
    description:
      'Where some platforms only are copied, keep the index with its digest, also where it is one of them. It names then what is not ' +
      'at DST: a bucket takes it where that is there already, a registry as it likes.',
  }),
  ...systemOptions,
} as const

type MultiArch = 'all' | 'system' | 'index-only' | readonly Platform[]

function readMultiArch(words: readonly string[], name: string): MultiArch | undefined {
  const word = words.at(-1)
  if (word === undefined || word === 'all' || word === 'system' || word === 'index-only') return word
  if (!word.includes('/')) {
    const what = 'one of all, system, index-only, or platforms like linux/amd64,linux/arm64'
    throw new LadingError('bad-argument', `${name} takes ${what}, not ${JSON.stringify(word)}`)
  }
  return word.split(',').map(parsePlatform)
}

/** What `--override-os`, `--override-arch` and `--override-variant` say, where one is given. */
export function systemOf(given: Given<typeof systemOptions>): Pick<SessionOptions, 'system'> {
  const { overrideOs: os, overrideArch: architecture, overrideVariant: variant } = given
  const words = defined({ os: os || undefined, architecture: architecture || undefined, variant: variant || undefined })
  return Object.keys(words).length === 0 ? {} : { system: overridePlatform(words) }
}

/**
 * One way of saying which platforms, never two: skopeo's precedence among them is nothing that a user can see.
 *
 * @throws LadingError `bad-argument`
 */
export function platformsOf(
  given: Given<typeof platformOptions>,
): Pick<CopyOptions, 'platforms' | 'allPlatforms' | 'index' | 'system'> {
  const { platform, all, multiArch, sparseIndex } = given
  const ways = [
    platform.length > 0 ? '--platform' : undefined,
    all ? '--all' : undefined,
    multiArch === undefined ? undefined : '--multi-arch',
  ].filter(one => one !== undefined)
  if (ways.length > 1) {
    throw new LadingError('bad-argument', `${ways.join(' and ')} cannot be given together`, {
      hint: 'each of them says which platforms are copied: keep one',
    })
  }
  const system = systemOf(given)
  const listed = typeof multiArch === 'object' ? multiArch : platform
  const platforms = multiArch === 'system' ? [system.system ?? overridePlatform({})] : listed
  if (sparseIndex && platforms.length === 0) {
    throw new LadingError('bad-argument', '--sparse-index is for a copy of some platforms, and none is named', {
      hint: 'name them with --platform, or copy none with --multi-arch index-only',
    })
  }
  const index = multiArch === 'index-only' ? 'alone' : sparseIndex ? 'sparse' : undefined
  return { platforms, allPlatforms: all || multiArch === 'all', ...system, ...defined({ index }) }
}
