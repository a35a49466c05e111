import { flagOf } from './command.ts'
import type { OptionSpec } from './options.ts'

/**
 * Rewrites a command line so that every option carries its value: `-q` becomes `--quiet=true`, `--jobs 4` becomes `--jobs=4`.
 *
 * This is what Go's pflag understands and commander does not: a flag never takes the next word but may be given
 * `=false`, and a value is taken whatever it looks like. What is not known is left for the parser to refuse.
 */
export function joinValues(argv: readonly string[], options: Readonly<Record<string, OptionSpec>>): string[] {
  const byFlag = new Map(Object.entries(options).map(([key, spec]) => [flagOf(key), spec]))
  const byLetter = new Map(
    Object.entries(options).flatMap(([key, spec]) => (spec.short === undefined ? [] : [[spec.short, key] as const])),
  )
  const joined: string[] = []
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return [...joined, word, ...rest]
    if (word.startsWith('--')) joined.push(joinLong(word))
    else if (word.startsWith('-') && word !== '-') joined.push(...joinShort(word))
    else joined.push(word)
  }
  return joined

  /** What is not known loses its value: the parser suggests better without it, and it may be a password. */
  function joinLong(word: string): string {
    const [flag = word] = word.split('=', 1)
    const spec = byFlag.get(flag)
    if (spec === undefined) return flag
    return flag === word ? withValue(flag, spec) : word
  }

  /** A flag's value is `true`, another option's is the next word, and the parser says so where there is none. */
  function withValue(flag: string, spec: OptionSpec): string {
    const value = spec.value === undefined ? 'true' : rest.shift()
    return value === undefined ? flag : `${flag}=${value}`
  }

  /** `-qa`, `-uname`, `-u=name`, `-u name`. */
  function joinShort(word: string): string[] {
    const words: string[] = []
    for (let at = 1; at < word.length; at++) {
      const key = byLetter.get(word.charAt(at))
      const spec = key === undefined ? undefined : options[key]
      if (key === undefined || spec === undefined) return at === 1 ? [word] : [...words, `-${word.slice(at)}`]
      const tail = word.slice(at + 1)
      if (tail.startsWith('=')) return [...words, `${flagOf(key)}${tail}`]
      if (spec.value !== undefined && tail !== '') return [...words, `${flagOf(key)}=${tail}`]
      words.push(withValue(flagOf(key), spec))
    }
    return words
  }
}
