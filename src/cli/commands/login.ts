import { LadingError } from '../../errors/index.ts'
import { ask } from '../ask.ts'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { defined } from '../defined.ts'
import { argument, flag, text } from '../options.ts'
import { printable } from '../printable.ts'
import { readPassword } from '../read-password.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const loginCommand = defineCommand({
  description:
    'The credentials are tried at the registry and then kept where the containers tools keep theirs, so that skopeo, podman ' +
    'and lading share one login. What is not given is asked for on a terminal.',
  arguments: { registry: argument('REGISTRY', 'The registry, like ghcr.io, or a repository in it.') },
  options: {
    username: text({ short: 'u', value: 'NAME', description: 'The user.' }),
    password: text({
      short: 'p',
      value: 'PASSWORD',
      description: 'The password or token. Others on this machine can read it there: --password-stdin is safer.',
    }),
    passwordStdin: flag({ description: 'Read the password from stdin.' }),
    authfile: text({ value: 'PATH', description: 'Keep the credentials in this file.' }),
    certDir: serverOptions.certDir,
    tlsVerify: sharedOptions.tlsVerify,
  },
  examples: [
    { does: 'Ask for user and password', line: 'lading login ghcr.io' },
    { does: 'In a script', line: 'printenv TOKEN | lading login --username ci --password-stdin ghcr.io' },
  ],

  async run({ registry, username, password, passwordStdin, authfile, certDir, tlsVerify }, context) {
    if (passwordStdin && password !== undefined) {
      throw new LadingError('bad-argument', '--password and --password-stdin cannot be given together')
    }
    if (passwordStdin && username === undefined) {
      throw new LadingError('bad-argument', '--password-stdin needs --username')
    }
    const name = username ?? (await askFor('Username', true, context))
    const secret =
      password ?? (passwordStdin ? await readPassword(context.stdin) : await askFor('Password', false, context))
    if (name === '' || secret === '')
      throw new LadingError('bad-argument', `the ${name === '' ? 'username' : 'password'} is empty`)
    const { storedIn } = await context.library.login({
      registry,
      username: name,
      password: secret,
      signal: context.signal,
      ...defined({ authFile: authfile, certDir, tlsVerify }),
    })
    context.stdout.write(`logged in to ${printable(registry)}, kept in ${printable(storedIn)}\n`)
  },
})

async function askFor(what: 'Username' | 'Password', echo: boolean, context: CommandContext): Promise<string> {
  if (context.stdin.isTTY) return await ask(`${what}: `, echo, context)
  throw new LadingError('bad-argument', `no ${what.toLowerCase()} is given, and there is no terminal to ask on`, {
    hint: 'give --username, and the password with --password-stdin',
  })
}
