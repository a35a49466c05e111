import { Argument, Command as Commander, CommanderError, Option } from 'commander'
import { version } from '../version.ts'
import { type Command, flagOf, type Words } from './command.ts'
import { commandTable } from './command-table.ts'
import type { Output } from './context.ts'
import { generalHelp } from './general-help.ts'
import { globalSpecs } from './global-options.ts'
import type { OptionSpec } from './options.ts'

interface Program {
  /** The words of the selected command, or `undefined` where help or the version was asked for and written. */
  parse(words: readonly string[], refuse: (error: CommanderError) => never): Words | undefined
}

/** commander's parser for the table. Only the selected command is known with its options, the others by name. */
export function buildProgram(
  selected: { readonly name: string; readonly command: Command } | undefined,
  { terminal, write }: { readonly terminal: Output; readonly write: (text: string) => void },
): Program {
  let words: Words | undefined
  const program = new Commander('lading')
    .exitOverride()
    .configureOutput({
      writeOut: write,
      // errors are thrown, and rendered where all others are
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min((terminal.isTTY ? terminal.columns : undefined) ?? 100, 100),
    })
    .configureHelp({ argumentTerm: one => one.name(), subcommandTerm: one => one.name(), optionTerm: one => one.flags })
    .description('Moves container images between registries, buckets and layouts. A bucket is the registry.')
    .usage('COMMAND [OPTIONS]')
    .version(`lading ${version}`, '-v, --version', 'Show the version')
    .helpOption('-h, --help', 'Show the help')
    .helpCommand('help', 'Show the help of a command')
    .addHelpText('after', generalHelp)

  if (selected === undefined) for (const option of globals()) program.addOption(option)
  for (const entry of commandTable) {
    const sub = program.command(entry.name).summary(entry.summary)
    if (entry.name !== selected?.name) continue
    const { command } = selected
    sub.description(`${entry.summary}.\n\n${command.description}`).usage(usageOf(command))
    for (const one of Object.values(command.arguments)) {
      const name = `${one.name}${one.variadic ? '...' : ''}`
      sub.addArgument(new Argument(one.required ? `<${name}>` : `[${name}]`, one.description))
    }
    for (const [key, spec] of Object.entries(command.options)) sub.addOption(commanderOption(key, spec))
    for (const option of globals()) sub.addOption(option)
    sub.addHelpText('after', examplesOf(command))
    sub.action(() => {
      words = { arguments: sub.args, options: sub.opts<Record<string, string[]>>() }
    })
  }

  return {
    parse(argv, refuse) {
      try {
        program.parse([...argv], { from: 'user' })
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        if (error.exitCode !== 0) refuse(error)
      }
      return words
    },
  }
}

/** `[OPTIONS] SRC DST` */
export function usageOf(command: Command): string {
  const words = Object.values(command.arguments).map(one => {
    const name = `${one.name}${one.variadic ? '...' : ''}`
    return one.required ? name : `[${name}]`
  })
  return ['[OPTIONS]', ...words].join(' ')
}

/** `-q, --quiet`, `--authfile PATH` */
export function optionTerm(key: string, spec: OptionSpec): string {
  const flag = spec.value === undefined ? flagOf(key) : `${flagOf(key)} ${spec.value}`
  return spec.short === undefined ? flag : `-${spec.short}, ${flag}`
}

export function optionDescription(spec: OptionSpec): string {
  return spec.default === undefined ? spec.description : `${spec.description} Default: ${spec.default}.`
}

function commanderOption(key: string, spec: OptionSpec): Option {
  const option = new Option(`${flagOf(key)} <value>`, optionDescription(spec)).argParser(
    (word: string, before: readonly string[] | undefined) => [...(before ?? []), word],
  )
  // after the constructor has taken the name from it, this is only what help and messages show
  option.flags = optionTerm(key, spec)
  // `--no-creds` is an option of its own, and not the other value of `--creds`
  option.negate = false
  return spec.hidden ? option.hideHelp() : option
}

function globals(): Option[] {
  return Object.entries(globalSpecs).map(([key, spec]) =>
    commanderOption(key, spec).helpGroup('Options of every command:'),
  )
}

function examplesOf(command: Command): string {
  return `\nExamples:\n${command.examples.map(({ does, line }) => `  # ${does}\n  ${line}\n`).join('')}`
}
