import type { Command } from './command.ts'
import { startCommandTimeout } from './command-timeout.ts'
import type { CommandContext } from './context.ts'
import { defined } from './defined.ts'
import { type Diagnostics, openDiagnostics } from './diagnostics.ts'
import type { GlobalOptions } from './global-options.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { asLadingError, renderError, renderErrorJson, renderStack } from './render-error.ts'
import { styleFor } from './style.ts'
import { type Settings, withSettings } from './with-settings.ts'

/** Runs one command line and returns its exit code. Every failure becomes text here, and nowhere else. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr } = context
  const json = wantsJson(argv)
  let { env, signal } = context
  let command: Command | undefined
  try {
    const request = await parseCommandLine(argv, stdout)
    if ('help' in request) {
      const output = request.asked ? stdout : stderr
      output.write(request.help)
      return request.asked ? 0 : 64
    }
    const { globals } = request
    command = request.command
    if (globals.debug) env = { ...env, LADING_DEBUG: '1' }
    const diagnostics = openDiagnostics(stderr, json ? 'json' : 'text')
    const timeout = startCommandTimeout(globals.commandTimeout, context)
    signal = timeout.signal
    try {
      const library = withSettings(context.library, settingsOf(globals, env, diagnostics))
      await command.execute(request.words, { ...context, env, signal, library })
    } finally {
      timeout.stop()
    }
    return 0
  } catch (thrown) {
    // whatever fails once the run has been interrupted failed because of it
    const error = asLadingError(signal.aborted ? signal.reason : thrown)
    if (env.LADING_DEBUG) stderr.write(renderStack(thrown))
    stderr.write(json ? renderErrorJson(error) : renderError(error, styleFor(stderr, env)))
    return command?.exitCodeOf?.(error) ?? error.exitCode
  }
}

function settingsOf(globals: GlobalOptions, env: NodeJS.ProcessEnv, { request }: Diagnostics): Settings {
  const { tmpdir: temporaryFolder, userAgentPrefix, registriesConf, 'registries.d': registriesD } = globals
  return defined({
    temporaryFolder,
    userAgentPrefix,
    registriesConf,
    policy: policyOf(globals),
    registriesD,
    onRequest: env.LADING_DEBUG ? request : undefined,
  })
}

/** As with skopeo, `--insecure-policy` counts where both are given. */
function policyOf({ policy: file, insecurePolicy }: GlobalOptions): Settings['policy'] {
  if (insecurePolicy) return 'accept-anything'
  return file === undefined ? undefined : { file }
}

/** Whether a script reads stderr. Looked up in the words themselves: the command line may be what is wrong. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some((word, at) => {
    const [flag, value = argv[at + 1]] = word.split('=', 2)
    return (flag === '--output' || flag === '--progress') && value === 'json'
  })
}
