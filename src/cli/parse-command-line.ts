import type { CommanderError } from 'commander'
import { LadingError } from '../errors/index.ts'
import { buildProgram } from './build-program.ts'
import { type Command, flagOf, type Words } from './command.ts'
import { commandTable } from './command-table.ts'
import type { Output } from './context.ts'
import { type GlobalOptions, globalSpecs } from './global-options.ts'
import { joinValues } from './join-values.ts'
import { leadingWords } from './leading-words.ts'

/** What a command line asks for: a command and its words, or help, which is text. */
export type Request =
  | { readonly command: Command; readonly words: Words; readonly globals: GlobalOptions }
  | { readonly help: string; readonly asked: boolean }

/** @throws LadingError `bad-argument`, with the nearest spelling as its hint */
export async function parseCommandLine(argv: readonly string[], terminal: Output): Promise<Request> {
  const { leading, line: given } = leadingWords(argv, globalSpecs)
  const line = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const at = line.findIndex(word => !word.startsWith('-'))
  const name = line[at]
  const entry = commandTable.find(one => one.name === name)
  const command = await entry?.load()
  const words =
    command === undefined
      ? wordsWithoutCommand(line)
      : [
          // What stands before the name and is no option there is refused, without its value.
          ...joinValues(line.slice(0, at), {}),
          ...line.slice(at, at + 1),
          ...joinValues([...leading, ...line.slice(at + 1)], { ...globalSpecs, ...command.options }),
        ]

  let help = ''
  const program = buildProgram(
    entry === undefined || command === undefined ? undefined : { name: entry.name, command },
    {
      terminal,
      write: text => {
        help += text
      },
    },
  )
  const parsed = program.parse(words.length === 0 ? ['--help'] : words, error => {
    throw badCommandLine(error, entry?.name)
  })
  if (parsed === undefined || command === undefined) return { help, asked: words.length > 0 }
  return { command, words: parsed, globals: readGlobals(parsed) }
}

function readGlobals({ options }: Words): GlobalOptions {
  const read = Object.entries(globalSpecs).map(([key, spec]) => [key, spec.read(options[key] ?? [], flagOf(key))])
  // each value is what its own spec reads: the types cannot follow fromEntries
  return Object.fromEntries(read) as GlobalOptions
}

/** The help of a command that does not exist is a mistake to be told, not the general help. */
function wordsWithoutCommand(line: readonly string[]): string[] {
  const [first] = line
  return first === undefined || first.startsWith('-') ? [...line] : [first]
}

/**
 * commander's words (`error: unknown option '--platfrom'`, then `(Did you mean --platform?)`) in ours.
 *
 * Arguments too many are counted and not repeated: one of them may be a password.
 */
function badCommandLine(error: CommanderError, command: string | undefined): LadingError {
  const [first = '', second = ''] = error.message.split('\n')
  const message = first.replace(/^error: /, '').replace(/\. Expected (\d+ arguments?).*/, ', it takes $1')
  const near = /Did you mean (?:one of )?(.*)\?/.exec(second)?.[1]
  const help = `\`lading ${command === undefined ? '' : `${command} `}--help\``
  return new LadingError('bad-argument', message.replace(/\.$/, ''), {
    hint: near === undefined ? `${help} shows what it takes` : `did you mean ${near}? ${help} shows what it takes`,
  })
}
