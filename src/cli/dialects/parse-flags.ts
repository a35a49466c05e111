import { isLadingError, LadingError } from '../../errors/index.ts'
import { flagOf } from '../command.ts'
import type { OptionSpec } from '../options.ts'

type Specs = Readonly<Record<string, OptionSpec>>

export interface ParsedFlags {
  /** What was no option, in its order. */
  readonly words: readonly string[]
  /** The values of each option that was given, by its key. */
  readonly options: Readonly<Record<string, readonly string[]>>
  readonly asksHelp: boolean
}

/**
 * Reads a command line as Go's pflag does: `--flag`, `--flag=false`, `-abc`, `-ovalue`, `--option value`, `--option=value`, in any
 * order among the words, and `--` before words alone.
 *
 * @param upToWord stop at the first word: it and all that follows are `words`
 * @throws LadingError `bad-argument` in pflag's words, with no value of an option in it that can be read
 */
export function parseFlags(argv: readonly string[], specs: Specs, upToWord = false): ParsedFlags {
  const keys = new Map(Object.keys(specs).map(key => [flagOf(key).slice(2), key]))
  const letters = new Map(Object.entries(specs).flatMap(([key, { short }]) => (short ? [[short, key] as const] : [])))
  const options: Record<string, string[]> = {}
  const words: string[] = []
  const rest = [...argv]
  let asksHelp = false
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') return { words: [...words, ...rest], options, asksHelp }
    if (word.startsWith('--')) readLong(word.slice(2))
    else if (word.startsWith('-') && word !== '-') readShort(word.slice(1))
    else if (upToWord) return { words: [word, ...rest], options, asksHelp }
    else words.push(word)
  }
  return { words, options, asksHelp }

  function readLong(text: string): void {
    const equals = text.indexOf('=')
    const name = equals === -1 ? text : text.slice(0, equals)
    const key = keys.get(name)
    if (key !== undefined) take(key, equals === -1 ? undefined : text.slice(equals + 1), `--${name}`)
    else if (name === 'help') asksHelp = true
    else throw bad(`unknown flag: --${name}`)
  }

  function readShort(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const letter = text.charAt(at)
      const key = letters.get(letter)
      if (key === undefined && letter === 'h') {
        asksHelp = true
        continue
      }
      if (key === undefined) throw bad(`unknown shorthand flag: '${letter}' in -${text.slice(at)}`)
      const tail = text.slice(at + 1)
      if (tail.startsWith('=') || specs[key]?.value !== undefined) {
        const given = tail.startsWith('=') ? tail.slice(1) : tail === '' ? undefined : tail
        take(key, given, `'${letter}' in -${text.slice(at)}`)
        return
      }
      take(key, undefined, `'${letter}' in -${text.slice(at)}`)
    }
  }

  function take(key: string, given: string | undefined, place: string): void {
    const spec = specs[key]
    const value = given ?? (spec?.value === undefined ? 'true' : rest.shift())
    if (value === undefined) throw bad(`flag needs an argument: ${place}`)
    const values = [...(options[key] ?? []), value]
    options[key] = values
    try {
      spec?.read(values, flagOf(key))
    } catch (error) {
      if (!isLadingError(error)) throw error
      const name = spec?.short === undefined ? flagOf(key) : `-${spec.short}, ${flagOf(key)}`
      throw bad(`invalid argument ${JSON.stringify(value)} for "${name}" flag: ${error.message}`)
    }
  }
}

function bad(message: string): LadingError {
  return new LadingError('bad-argument', message)
}
