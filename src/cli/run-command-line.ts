import type { CommandContext } from './context.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { asLadingError, renderError, renderErrorJson, renderStack } from './render-error.ts'
import { styleFor } from './style.ts'

/** Runs one command line and returns its exit code. Every failure becomes text here, and nowhere else. */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, env, signal } = context
  try {
    const request = await parseCommandLine(argv, stdout)
    if ('help' in request) {
      const output = request.asked ? stdout : stderr
      output.write(request.help)
      return request.asked ? 0 : 64
    }
    await request.command.execute(request.words, context)
    return 0
  } catch (thrown) {
    // whatever fails once the run has been interrupted failed because of it
    const error = asLadingError(signal.aborted ? signal.reason : thrown)
    if (env.LADING_DEBUG) stderr.write(renderStack(thrown))
    stderr.write(wantsJson(argv) ? renderErrorJson(error) : renderError(error, styleFor(stderr, env)))
    return error.exitCode
  }
}

/** Whether a script reads stderr. Looked up in the words themselves: the command line may be what is wrong. */
function wantsJson(argv: readonly string[]): boolean {
  return argv.some((word, at) => {
    const [flag, value = argv[at + 1]] = word.split('=', 2)
    return (flag === '--output' || flag === '--progress') && value === 'json'
  })
}
