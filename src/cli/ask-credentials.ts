import { LadingError } from '../errors/index.ts'
import { ask } from './ask.ts'
import type { CommandContext } from './context.ts'
import { readPassword } from './read-password.ts'

interface Given {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly passwordStdin: boolean
}

/**
 * Who to log in as: what is not given is asked for on a terminal.
 *
 * @throws LadingError `bad-argument`
 */
export async function askCredentials(
  { username, password, passwordStdin }: Given,
  context: CommandContext,
): Promise<{ username: string; password: string }> {
  if (passwordStdin && password !== undefined) {
    throw new LadingError('bad-argument', '--password and --password-stdin cannot be given together')
  }
  if (passwordStdin && username === undefined) {
    throw new LadingError('bad-argument', '--password-stdin needs --username')
  }
  const name = username ?? (await askFor('Username', true, context))
  const secret =
    password ?? (passwordStdin ? await readPassword(context.stdin()) : await askFor('Password', false, context))
  if (name === '' || secret === '')
    throw new LadingError('bad-argument', `the ${name === '' ? 'username' : 'password'} is empty`)
  return { username: name, password: secret }
}

async function askFor(what: 'Username' | 'Password', echo: boolean, context: CommandContext): Promise<string> {
  if (context.stdin().isTTY) return await ask(`${what}: `, echo, context)
  throw new LadingError('bad-argument', `no ${what.toLowerCase()} is given, and there is no terminal to ask on`, {
    hint: 'give --username, and the password with --password-stdin',
  })
}
