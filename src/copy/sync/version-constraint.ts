import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'

interface Version {
  readonly numbers: readonly [major: number, minor: number, patch: number]
  /** The identifiers of a pre-release: `beta.1`. */
  readonly prerelease: readonly string[]
}

interface Comparison {
  readonly operator: string
  readonly version: Version
  /** How many numbers were written: 2 for `1.2` and `1.2.x`, 0 for `*`. */
  readonly written: number
}

const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
/** Of a tag: distribution specification, "Pulling manifests". */
const maxTagCharacters = 128
const versionGrammar = new RegExp(`^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:-(${identifiers}))?(?:\\+${identifiers})?$`)
const part = '(\\d+|[xX*])'
const pattern = `v?${part}(?:\\.${part})?(?:\\.${part})?(?:-(${identifiers}))?(?:\\+${identifiers})?`
const comparisonGrammar = new RegExp(`^\\s*(!=|>=|=>|<=|=<|~>|=|>|<|~|\\^|)\\s*${pattern}(?=[\\s,]|$)[\\s,]*`)

/**
 * Compiles what skopeo-sync(1) takes as `images-by-semver`, the constraints of Masterminds/semver: comparisons with spaces or commas
 * between them, all of which must hold, and `||` between such groups. A tag that is no version, if need be a short one like `3.12`,
 * matches nothing; a pre-release matches only where its group names one.
 *
 * @throws LadingError `bad-argument`
 */
export function compileVersionConstraint(text: string): (tag: string) => boolean {
  // To look for ranges in a longer one would take the square of its length.
  if (text.length > limits.versionConstraintCharacters) {
    throw new LadingError(
      'bad-argument',
      `a version constraint may have ${limits.versionConstraintCharacters} characters, and this one has ${text.length}`,
    )
  }
  const whole = new RegExp(`(${pattern})\\s+-\\s+(${pattern})`, 'g')
  const groups = text
    // the pattern has four groups of its own
    .replace(whole, (...found: string[]) => `>=${found[1]}, <=${found[6]}`)
    .split('||')
    .map(group => parseGroup(group, text))
  return tag => {
    const version = parseVersion(tag)
    return (
      version !== undefined && groups.some(group => admits(group, version) && group.every(one => holds(one, version)))
    )
  }
}

function parseGroup(group: string, text: string): readonly Comparison[] {
  const comparisons: Comparison[] = []
  let rest = group
  while (rest !== '') {
    const found = comparisonGrammar.exec(rest)
    if (found === null) break
    const [all, operator = '', ...words] = found
    comparisons.push(toComparison(operator, words))
    rest = rest.slice(all.length)
  }
  if (rest === '' && comparisons.length > 0) return comparisons
  throw new LadingError('bad-argument', `${JSON.stringify(text)} is not a version constraint`, {
    hint: 'write comparisons like ">= 3.12, < 4", "~1.2", "^2" or "1.2 - 1.4", and || between alternatives',
  })
}

function toComparison(operator: string, words: readonly (string | undefined)[]): Comparison {
  const numbers = words.slice(0, 3)
  const wild = numbers.findIndex(word => word === undefined || !/^\d+$/.test(word))
  const written = wild === -1 ? 3 : wild
  const at = (position: number) => (position < written ? Number(numbers[position]) : 0)
  return {
    operator: { '=>': '>=', '=<': '<=', '~>': '~', '=': '' }[operator] ?? operator,
    version: { numbers: [at(0), at(1), at(2)], prerelease: words[3]?.split('.') ?? [] },
    written,
  }
}

function parseVersion(tag: string): Version | undefined {
  const found = tag.length > maxTagCharacters ? null : versionGrammar.exec(tag)
  if (found === null) return undefined
  const [, major, minor = '0', patch = '0', prerelease] = found
  const names = prerelease?.split('.') ?? []
  if (names.some(name => /^0\d+$/.test(name))) return undefined
  return { numbers: [Number(major), Number(minor), Number(patch)], prerelease: names }
}

/** A pre-release is meant only where the group names one. */
function admits(group: readonly Comparison[], { prerelease }: Version): boolean {
  return prerelease.length === 0 || group.some(({ version }) => version.prerelease.length > 0)
}

function holds(comparison: Comparison, version: Version): boolean {
  const { operator, version: wanted, written } = comparison
  const isWild = written < 3
  const order = compare(version, wanted)
  /** As far as it was written. */
  const rough = compareNumbers(version, wanted, written)
  switch (operator) {
    case '':
      return isWild ? order >= 0 && rough === 0 : order === 0
    case '!=':
      return isWild ? rough !== 0 : order !== 0
    case '>':
      return isWild ? rough > 0 : order > 0
    case '<=':
      return isWild ? rough <= 0 : order <= 0
    case '<':
      return order < 0
    case '>=':
      return order >= 0
    case '~':
      // ~0.0.0 is any version: an oddity of theirs that files may count on
      if (written === 3 && leading(wanted) === 3 && wanted.numbers[2] === 0) return order >= 0
      return order >= 0 && compareNumbers(version, wanted, Math.min(written, 2)) === 0
    default:
      return order >= 0 && compareNumbers(version, wanted, Math.min(written, leading(wanted))) === 0
  }
}

/** How many numbers `^` keeps: to the first that is not 0. */
function leading({ numbers }: Version): number {
  const first = numbers.findIndex(number => number > 0)
  return first === -1 ? 3 : first + 1
}

function compareNumbers(a: Version, b: Version, upTo: number): number {
  for (let at = 0; at < upTo; at++) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** semver.org, "Precedence". */
function compare(a: Version, b: Version): number {
  const numbers = compareNumbers(a, b, 3)
  if (numbers !== 0) return numbers
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  for (const [at, one] of a.prerelease.entries()) {
    const other = b.prerelease[at]
    if (other === undefined) return 1
    const difference = compareIdentifiers(one, other)
    if (difference !== 0) return difference
  }
  return a.prerelease.length - b.prerelease.length
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [a, b].map(text => /^\d+$/.test(text))
  if (isNumber && isOtherNumber) return Number(a) - Number(b)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
