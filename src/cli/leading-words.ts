import { flagOf } from './command.ts'
import type { OptionSpec } from './options.ts'

/** The options at the beginning of a command line that stand there for the command that follows, and the rest of it. */
export function leadingWords(
  argv: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
): { readonly leading: readonly string[]; readonly line: readonly string[] } {
  const byFlag = new Map(Object.entries(options).map(([key, spec]) => [flagOf(key), spec]))
  let at = 0
  for (let word = argv[at]; word !== undefined; word = argv[at]) {
    const [flag = ''] = word.split('=', 1)
    const spec = byFlag.get(flag)
    if (spec === undefined) break
    at += spec.value !== undefined && word === flag ? 2 : 1
  }
  return { leading: argv.slice(0, at), line: argv.slice(at) }
}
