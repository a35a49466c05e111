import { flagOf } from '../command.ts'
import type { OptionSpec } from '../options.ts'
import type { Dialect, DialectEntry } from './dialect.ts'

/** The help of the program, in the shape that Go's cobra gives it. */
export function programHelp({ name, summary, commands, globals }: Dialect): string {
  const shown = [
    ...commands.filter(({ hidden }) => hidden === undefined),
    { name: 'help', summary: 'Help about any command' },
  ]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(one => [one.name, one.summary] as const)
  return [
    `${summary}\n`,
    `Usage:\n  ${name} [flags]\n  ${name} [command]\n`,
    `Available Commands:\n${columns(shown)}`,
    `Flags:\n${flagLines(globals, `help for ${name}`)}  -v, --version   version for ${name}\n`,
    `Use "${name} [command] --help" for more information about a command.\n`,
  ].join('\n')
}

/** The help of one command. `options` are those of the program too, which are left out. */
export function commandHelp(
  dialect: Dialect,
  entry: DialectEntry,
  options: Readonly<Record<string, OptionSpec>>,
): string {
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => !Object.hasOwn(dialect.globals, key)))
  const { name, summary, description = summary, usage, examples = [] } = entry
  return [
    `${description}\n`,
    `Usage:\n${dialect.name} ${name} ${usage}\n`,
    ...(examples.length === 0 ? [] : [`Examples:\n${examples.join('\n')}\n`]),
    `Flags:\n${flagLines(own, `help for ${name}`)}`,
  ].join('\n')
}

function flagLines(specs: Readonly<Record<string, OptionSpec>>, help: string): string {
  const given = Object.entries(specs).map(([key, spec]) => ({ flag: flagOf(key), ...spec }))
  const all = [...given, { flag: '--help', short: 'h', description: help, value: undefined }]
  const lines = all
    .toSorted((a, b) => (a.flag < b.flag ? -1 : 1))
    .map(({ flag, short, value, description }) => {
      const letter = short === undefined ? '    ' : `-${short}, `
      return [`${letter}${flag}${value === undefined ? '' : ` ${value}`}`, description] as const
    })
  return columns(lines)
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}   ${second}\n`).join('')
}
