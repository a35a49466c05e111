import { describe, expect, test } from 'vitest'
import type { Platform } from './platform.ts'
import { platformRank } from './platform-rank.ts'

const arm = (variant?: string): Platform => ({
  os: 'linux',
  architecture: 'arm',
  ...(variant === undefined ? {} : { variant }),
})

/** The variants of these that are taken for the wanted one, the best first. */
function order(wanted: string | undefined, offered: readonly (string | undefined)[]): (string | undefined)[] {
  const ranked = offered.map(variant => ({ variant, rank: platformRank(arm(wanted), arm(variant), 'compatible') }))
  return ranked
    .filter(({ rank }) => rank !== undefined)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ variant }) => variant)
}

describe('compatible', () => {
  test.each([
    ['v7', ['v7', 'v6', 'v5', undefined]],
    ['v5', ['v5', undefined]],
    ['v9', [undefined]],
    [undefined, [undefined, 'v8', 'v7', 'v6', 'v5']],
  ])('of arm %s', (wanted, best) => {
    expect(order(wanted, ['v5', 'v6', undefined, 'v8', 'v7', 'v4'])).toEqual(best)
  })

  test('an architecture whose variants are not known', () => {
    const amd64 = { os: 'linux', architecture: 'amd64' }
    const rank = (wanted: Platform, offered: Platform) => platformRank(wanted, offered, 'compatible')
    expect(rank({ ...amd64, variant: 'v3' }, { ...amd64, variant: 'v3' })).toBe(0)
    expect(rank({ ...amd64, variant: 'v3' }, amd64)).toBe(1)
    expect(rank({ ...amd64, variant: 'v3' }, { ...amd64, variant: 'v2' })).toBeUndefined()
    expect(rank(amd64, { ...amd64, variant: 'v2' })).toBeUndefined()
  })

  test('names are what they are', () => {
    expect(platformRank(arm(), { os: 'linux', architecture: 'armhf' }, 'compatible')).toBeUndefined()
    expect(platformRank(arm(), { os: 'Linux', architecture: 'arm' }, 'compatible')).toBeUndefined()
  })
})

test.each([
  [undefined, 'v7', 0],
  ['v7', 'v6', undefined],
] as const)('exact: of arm %s, %s is %s', (wanted, offered, rank) => {
  expect(platformRank(arm(wanted), arm(offered), 'exact')).toBe(rank)
})
