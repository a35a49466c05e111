import { askCredentials } from '../ask-credentials.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, flag, text } from '../options.ts'
import { printable } from '../printable.ts'
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

  async run(input, context) {
    const { registry, authfile, certDir, tlsVerify } = input
    const { username, password } = await askCredentials(input, context)
    const { storedIn } = await context.library.login({
      registry,
      username,
      password,
      signal: context.signal,
      ...defined({ authFile: authfile, certDir, tlsVerify }),
    })
    context.stdout.write(`logged in to ${printable(registry)}, kept in ${printable(storedIn)}\n`)
  },
})
