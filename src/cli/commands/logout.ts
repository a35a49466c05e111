import { LadingError } from '../../errors/index.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { flag, openFlag, optionalArgument, text } from '../options.ts'
import { printable } from '../printable.ts'

export const logoutCommand = defineCommand({
  description: 'Removes them from the file that login wrote, or from the credential helper that keeps them.',
  arguments: { registry: optionalArgument('REGISTRY', 'The registry, as it was given to login.') },
  options: {
    all: flag({ short: 'a', description: 'Forget the credentials of all registries.' }),
    authfile: text({ value: 'PATH', description: 'Remove them from this file.' }),
    tlsVerify: openFlag({ description: 'Taken for the sake of scripts: nothing is asked of the registry.' }),
  },
  examples: [
    { does: 'One registry', line: 'lading logout ghcr.io' },
    { does: 'All of them', line: 'lading logout --all' },
  ],

  async run({ registry, all, authfile }, { library, stdout }) {
    if (all === (registry !== undefined)) {
      throw new LadingError('bad-argument', all ? '--all takes no registry' : 'no registry is named', {
        hint: 'name one registry, or give --all',
      })
    }
    await library.logout(defined({ registry, all: all || undefined, authFile: authfile }))
    stdout.write(`logged out of ${registry === undefined ? 'all registries' : printable(registry)}\n`)
  },
})
