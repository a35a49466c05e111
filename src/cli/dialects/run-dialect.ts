import { LadingError } from '../../errors/index.ts'
import { parseDuration } from '../../model/parse-duration.ts'
import type { Words } from '../command.ts'
import { startCommandTimeout } from '../command-timeout.ts'
import type { CommandContext } from '../context.ts'
import { asLadingError, renderStack } from '../render-error.ts'
import type { Dialect, DialectEntry } from './dialect.ts'
import { commandHelp, programHelp } from './dialect-help.ts'
import type { DialectName } from './dialect-name.ts'
import { nearNames } from './near-names.ts'
import { parseFlags } from './parse-flags.ts'

const dialects: Readonly<Record<DialectName, () => Promise<Dialect>>> = {
  skopeo: async () => (await import('./skopeo.ts')).skopeo,
  s3lo: async () => (await import('./s3lo.ts')).s3lo,
}

/** Runs a command line of another tool, and returns its exit code. What the tool says on its streams is said there. */
export async function runDialect(name: DialectName, argv: readonly string[], context: CommandContext): Promise<number> {
  const dialect = await dialects[name]()
  const { stdout, signal } = context
  let command: string | undefined
  try {
    const request = readProgram(dialect, argv)
    if ('text' in request) {
      stdout.write(request.text)
      return 0
    }
    const { entry } = request
    command = entry.name
    await runCommand(dialect, entry, request, context)
    return 0
  } catch (thrown) {
    if (context.env.LADING_DEBUG) context.stderr.write(renderStack(thrown))
    return dialect.fail(asLadingError(signal.aborted ? signal.reason : thrown), command, context)
  }
}

type Request = { readonly text: string } | { readonly entry: DialectEntry; readonly rest: readonly string[] }

/** The program's own words: up to the command, and which that is. */
function readProgram(dialect: Dialect, argv: readonly string[]): Request {
  const version = { short: 'v', description: '', read: () => undefined }
  const { words, asksHelp, options } = parseFlags(argv, { ...dialect.globals, version }, true)
  if (options.version !== undefined) return { text: `${dialect.version}\n` }
  const [first, ...rest] = words
  if (asksHelp || (first === undefined && dialect.helpWithoutCommand)) return { text: programHelp(dialect) }
  if (first === 'help') {
    const [topic] = rest
    return topic === undefined ? { text: programHelp(dialect) } : { entry: entryOf(dialect, topic), rest: ['--help'] }
  }
  // what was given before the name is read again with the rest
  const before = argv.slice(0, argv.length - words.length)
  return { entry: entryOf(dialect, first ?? ''), rest: [...before, ...rest] }
}

function entryOf(dialect: Dialect, name: string): DialectEntry {
  const found = dialect.commands.find(one => one.name === name)
  if (found !== undefined) return found
  const why = Object.hasOwn(dialect.absent, name) ? dialect.absent[name] : undefined
  if (why !== undefined) throw new LadingError('unsupported', `${dialect.name} ${name} is not there yet: ${why}`)
  const names = dialect.commands.map(one => one.name)
  throw new LadingError('bad-argument', dialect.unknownCommand(name, name === '' ? [] : nearNames(name, names)))
}

async function runCommand(
  dialect: Dialect,
  entry: DialectEntry,
  { rest }: { readonly rest: readonly string[] },
  context: CommandContext,
): Promise<void> {
  const command = await entry.load()
  const { words, options, asksHelp } = parseFlags(rest, { ...dialect.globals, ...command.options })
  const help = () => commandHelp(dialect, entry, command.options)
  if (asksHelp) {
    context.stdout.write(help())
    return
  }
  const { least, most, complaint, showsHelp } = entry.words
  if (words.length < least || words.length > most) {
    if (showsHelp) context.stderr.write(`${help()}\n`)
    throw new LadingError('bad-argument', complaint)
  }
  const given: Words = { arguments: words, options }
  const limit = options.commandTimeout?.at(-1)
  const timeout = startCommandTimeout(limit === undefined ? undefined : parseDuration(limit), context)
  try {
    await command.execute(given, { ...context, signal: timeout.signal })
  } catch (error) {
    // what is stopped says so in its own words, which are not why
    throw timeout.signal.aborted ? timeout.signal.reason : error
  } finally {
    timeout.stop()
  }
}
