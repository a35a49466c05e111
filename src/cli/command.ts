import type { LadingError } from '../errors/index.ts'
import type { CommandContext } from './context.ts'
import type { ArgumentSpec, OptionSpec } from './options.ts'

interface Example {
  readonly does: string
  readonly line: string
}

/** One command: what it takes, what its help and its page say, and what it does. */
export interface CommandDefinition<
  A extends Readonly<Record<string, ArgumentSpec>>,
  O extends Readonly<Record<string, OptionSpec>>,
> {
  /** Paragraphs, after the summary of the table. */
  readonly description: string
  readonly arguments: A
  /** By name in camel case: `tlsVerify` is `--tls-verify`. */
  readonly options: O
  readonly examples: readonly Example[]
  /** The fields of `--output json`: these words are stable. */
  readonly json?: JsonShape
  /** What its failures mean to a script, where that is not what the table of errors says. */
  exitCodeOf?(error: LadingError): number
  run(input: Input<A> & Input<O>, context: CommandContext): Promise<void>
}

interface JsonShape {
  /** What is printed: `One object`, `An array of objects`. */
  readonly what: string
  readonly fields: Readonly<Record<string, string>>
}

type Input<S> = { readonly [K in keyof S]: S[K] extends { read(...words: never): infer T } ? T : never }

/** The words of a command line, sorted out and not yet read. */
export interface Words {
  /** In the order of the definition. */
  readonly arguments: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, readonly string[]>>
}

/** A command with the types of its input forgotten: what the table holds. */
export interface Command
  extends Omit<CommandDefinition<Readonly<Record<string, ArgumentSpec>>, Readonly<Record<string, OptionSpec>>>, 'run'> {
  /** @throws LadingError `bad-argument` before anything is done, where a word cannot be read */
  execute(words: Words, context: CommandContext): Promise<void>
}

export function defineCommand<
  const A extends Readonly<Record<string, ArgumentSpec>>,
  const O extends Readonly<Record<string, OptionSpec>>,
>({ run, ...definition }: CommandDefinition<A, O>): Command {
  return {
    ...definition,
    async execute(words, context) {
      const given = Object.entries(definition.arguments).map(([key, spec], at) => {
        const rest = words.arguments.slice(at).filter(word => word !== undefined)
        return [key, spec.read(words.arguments[at], rest)]
      })
      const chosen = Object.entries(definition.options).map(([key, spec]) => [
        key,
        spec.read(words.options[key] ?? [], flagOf(key)),
      ])
      // the keys are those of A and O, and each value is what its own spec reads: the types cannot follow fromEntries
      const input = Object.fromEntries([...given, ...chosen]) as Input<A> & Input<O>
      await run(input, context)
    },
  }
}

/** `tlsVerify` as it is typed: `--tls-verify`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}
