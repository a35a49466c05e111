import { type Platform, platformMatches } from './platform.ts'

/**
 * How the platform of an image is held against one that is wanted.
 *
 * `exact`: an image is for it or not; a variant that is left out is docker's default. `compatible`: as the containers tools do, the names are
 * taken as they are written, and an image for an older variant is one that runs too, if there is no better.
 */
export type PlatformMatching = 'exact' | 'compatible'

/** What the containers tools know of variants, from the newest, which runs all after it. */
const variants: Readonly<Record<string, readonly string[]>> = { arm: ['v8', 'v7', 'v6', 'v5'], arm64: ['v8'] }

/** How well an image for `offered` is what `wanted` asks for: 0 is best, `undefined` is not at all. */
export function platformRank(wanted: Platform, offered: Platform, matching: PlatformMatching): number | undefined {
  if (matching === 'exact') return platformMatches(wanted, offered) ? 0 : undefined
  if (wanted.os !== offered.os || wanted.architecture !== offered.architecture) return undefined
  const rank = compatibleVariants(wanted).indexOf(offered.variant ?? '')
  return rank < 0 ? undefined : rank
}

/** Images that name no variant stand after those for an older variant than the one wanted; where none is wanted, before all. */
function compatibleVariants({ architecture, variant }: Platform): readonly string[] {
  const known = Object.hasOwn(variants, architecture) ? (variants[architecture] ?? []) : []
  if (!variant) return ['', ...known]
  return known.includes(variant) ? [...known.slice(known.indexOf(variant)), ''] : [variant, '']
}
