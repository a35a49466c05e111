import { LadingError } from '../errors/index.ts'
import { parseAge } from '../model/parse-age.ts'
import { parseDuration } from '../model/parse-duration.ts'

/** A positional word of a command. */
export interface ArgumentSpec<T = unknown> {
  readonly name: string
  readonly description: string
  readonly required: boolean
  /** It takes all words that are left, and is the last. */
  readonly variadic?: true
  /** `rest` are its word and all that follow. @throws LadingError `bad-argument` */
  read(word: string | undefined, rest: readonly string[]): T
}

/** An option of a command. What it holds and how it is read; its name is its key in the command's definition. */
export interface OptionSpec<T = unknown> {
  /** One letter: `q` is `-q`. */
  readonly short?: string
  /** What stands for the value in help. A flag has none, and never takes the next word. */
  readonly value?: string
  readonly description: string
  /** As help names it. */
  readonly default?: string
  /** Help and the pages do not name it. */
  readonly hidden?: true
  /** Reads the words that were given, in their order; none where the option was not. @throws LadingError `bad-argument` */
  read(words: readonly string[], flag: string): T
}

interface OptionText {
  readonly short?: string
  readonly description: string
}

interface ValueText extends OptionText {
  readonly value: string
}

export function argument(name: string, description: string): ArgumentSpec<string> {
  return { name, description, required: true, read: word => word ?? '' }
}

export function optionalArgument(name: string, description: string): ArgumentSpec<string | undefined> {
  return { name, description, required: false, read: word => word }
}

/** All words that are left, maybe none. */
export function moreArguments(name: string, description: string): ArgumentSpec<readonly string[]> {
  return { name, description, required: false, variadic: true, read: (_, rest) => rest }
}

/** One of a few words. */
export function choiceArgument<const C extends string>(
  name: string,
  choices: readonly C[],
  description: string,
): ArgumentSpec<C> {
  return {
    name,
    description,
    required: true,
    read(word = '') {
      const found = choices.find(one => one === word)
      if (found === undefined) throw badValue(name, word, `one of ${choices.join(', ')}`)
      return found
    },
  }
}

/** `--flag` or `--flag=false`; off where it is not given. */
export function flag(text: OptionText): OptionSpec<boolean> {
  return { ...text, read: (words, name) => readBoolean(words, name) ?? false }
}

/** `--flag` or `--flag=false`; where it is not given, the library decides. */
export function openFlag(text: OptionText): OptionSpec<boolean | undefined> {
  return { ...text, read: readBoolean }
}

export function text(spec: ValueText): OptionSpec<string | undefined> {
  return { ...spec, read: words => words.at(-1) }
}

/** Given again or with commas, it adds up. */
export function list<T>(spec: ValueText, parse: (word: string) => T): OptionSpec<readonly T[]> {
  return { ...spec, read: words => words.flatMap(word => word.split(',')).map(parse) }
}

export function choice<const C extends string, const D extends C | undefined>(
  choices: readonly C[],
  spec: OptionText & { readonly default: D },
): OptionSpec<C | D> {
  const { default: fallback, ...rest } = spec
  return {
    ...rest,
    value: choices.join('|'),
    ...(fallback === undefined ? {} : { default: fallback }),
    read(words, name) {
      const word = words.at(-1)
      if (word === undefined) return fallback
      const found = choices.find(one => one === word)
      if (found === undefined) throw badValue(name, word, `one of ${choices.join(', ')}`)
      return found
    },
  }
}

const maxCount = 999_999

/** A whole number of at least `least`, which is 1 unless it is said. */
export function count<const D extends number | undefined>(
  spec: ValueText & { readonly default: D; readonly least?: 0 },
): OptionSpec<number | D> {
  const { default: fallback, least = 1, ...rest } = spec
  return {
    ...rest,
    ...(fallback === undefined ? {} : { default: String(fallback) }),
    read(words, name) {
      const word = words.at(-1)
      if (word === undefined) return fallback
      if (!/^(?:0|[1-9]\d*)$/.test(word) || Number(word) < least) {
        throw badValue(name, word, `a whole number of at least ${least}`)
      }
      if (Number(word) > maxCount) throw badValue(name, word, `a whole number of at most ${maxCount}`)
      return Number(word)
    },
  }
}

/** Seconds, as Go writes durations: `90s`, `1h30m`. */
export function duration(spec: ValueText): OptionSpec<number | undefined> {
  return {
    ...spec,
    read(words, name) {
      const word = words.at(-1)
      if (word === undefined) return undefined
      const seconds = parseDuration(word)
      if (seconds === undefined) throw badValue(name, word, 'a duration like 90s, 1h30m or 500ms')
      return seconds
    },
  }
}

/** Seconds, in days or as Go writes durations: `7d`, `12h`. */
export function age(spec: ValueText & { readonly default: string }): OptionSpec<number>
export function age(spec: ValueText): OptionSpec<number | undefined>
export function age(spec: ValueText & { readonly default?: string }): OptionSpec<number | undefined> {
  return {
    ...spec,
    read(words, name) {
      const word = words.at(-1) ?? spec.default
      if (word === undefined) return undefined
      const parsed = parseAge(word)
      if (parsed === undefined) throw badValue(name, word, 'an age like 7d, 12h or 0')
      return parsed.seconds
    },
  }
}

/** A whole number; what it may be, the library knows. */
export function integer(spec: ValueText): OptionSpec<number | undefined> {
  return {
    ...spec,
    read(words, name) {
      const word = words.at(-1)
      if (word === undefined) return undefined
      if (!/^-?\d{1,6}$/.test(word)) throw badValue(name, word, 'a whole number')
      return Number(word)
    },
  }
}

/** The spellings of Go's strconv.ParseBool, which the containers tools accept. */
const booleans: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map(word => [word, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map(word => [word, false])),
}

function readBoolean(words: readonly string[], name: string): boolean | undefined {
  const word = words.at(-1)
  if (word === undefined) return undefined
  const value = Object.hasOwn(booleans, word) ? booleans[word] : undefined
  if (value === undefined) throw badValue(name, word, 'true or false')
  return value
}

function badValue(name: string, word: string, wanted: string): LadingError {
  return new LadingError('bad-argument', `${name} takes ${wanted}, not ${JSON.stringify(word)}`)
}
