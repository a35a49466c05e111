import { LadingError } from '../../errors/index.ts'

/**
 * How a blob gets from one place to another: without its bytes passing through here, by threads of its own, or through this one. The
 * last is there for everything; without the others the result is the same.
 */
export type LaneName = 'server-side' | 'direct' | 'stream'

const names: readonly LaneName[] = ['server-side', 'direct', 'stream']

/**
 * The lanes that `LADING_LANES` names, separated by commas; all of them where it does not.
 *
 * @throws LadingError `bad-argument`
 */
export function lanesOf(environment: Readonly<Record<string, string | undefined>>): ReadonlySet<LaneName> {
  const value = environment.LADING_LANES?.trim() ?? ''
  if (value === '') return new Set(names)
  const wanted = value.split(',').map(name => name.trim())
  const chosen = names.filter(name => wanted.includes(name))
  if (wanted.every(name => names.some(known => known === name))) return new Set([...chosen, 'stream'])
  throw new LadingError('bad-argument', `LADING_LANES is ${JSON.stringify(value)}`, {
    hint: `it names lanes, separated by commas: ${names.join(', ')}`,
  })
}
