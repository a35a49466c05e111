import { ask } from './ask.ts'
import type { CommandContext } from './context.ts'

/** Asks on the terminal for the passphrase of a key, so that nothing of it is shown. `undefined` where there is no terminal. */
export async function askPassphrase(question: string, context: CommandContext): Promise<string | undefined> {
  return context.stdin().isTTY ? await ask(question, false, context) : undefined
}
