import type { LadingError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import type { CommandContext } from '../context.ts'
import type { OptionSpec } from '../options.ts'

/** One command of a dialect. The command itself is loaded when it is called. */
export interface DialectEntry {
  readonly name: string
  readonly summary: string
  /** What follows the name in the usage line. */
  readonly usage: string
  readonly words: WordCount
  /** Paragraphs of the help, where the summary does not say it all. */
  readonly description?: string
  readonly examples?: readonly string[]
  /** The help of the program does not name it. */
  readonly hidden?: true
  load(): Promise<Command>
}

export interface WordCount {
  readonly least: number
  readonly most: number
  /** What is said where there are more or fewer. */
  readonly complaint: string
  /** Whether the help is shown before that. */
  readonly showsHelp?: boolean
}

/** The command line of another tool: its commands and options, and how it speaks. */
export interface Dialect {
  readonly name: string
  readonly summary: string
  /** What `--version` prints. */
  readonly version: string
  /** Options that every command takes, before its name too. The keys are those of each command's definition. */
  readonly globals: Readonly<Record<string, OptionSpec>>
  readonly commands: readonly DialectEntry[]
  /** What the tool can do beside, and lading cannot: the command and why. */
  readonly absent: Readonly<Record<string, string>>
  /** Whether the tool shows the help of the program where no command is named; else it is an error. */
  readonly helpWithoutCommand: boolean
  /** What is said of a command that does not exist; `near` are the names that may be meant. */
  unknownCommand(name: string, near: readonly string[]): string
  /** Writes the error, and gives the exit code. */
  fail(
    error: LadingError,
    command: string | undefined,
    context: Pick<CommandContext, 'stderr' | 'env' | 'clock'>,
  ): number
}
