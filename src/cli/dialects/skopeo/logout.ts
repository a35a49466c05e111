import { LadingError } from '../../../errors/index.ts'
import { defineCommand } from '../../command.ts'
import { defined } from '../../defined.ts'
import { flag, openFlag, optionalArgument, text } from '../../options.ts'
import { printable } from '../../printable.ts'
import { credentialFile } from './credential-file.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo logout`. */
export const skopeoLogout = defineCommand({
  description: '',
  examples: [],
  arguments: { registry: optionalArgument('REGISTRY', '') },
  options: {
    ...skopeoGlobals,
    all: flag({ short: 'a', description: 'forget the credentials of all registries' }),
    authfile: text({ value: 'string', description: 'forget those of this file' }),
    compatAuthFile: text({ value: 'string', description: 'forget those of this file of Docker’s' }),
    tlsVerify: openFlag({ description: 'taken, and of no effect: the registry is not asked' }),
  },

  async run(input, { library, stdout }) {
    const { registry, all } = input
    const authFile = credentialFile(input)
    if (all && registry !== undefined) throw new LadingError('bad-argument', '--all takes no arguments')
    if (!all && registry === undefined)
      throw new LadingError('bad-argument', 'please provide a registry to log out from')
    await library.logout(defined({ registry, all: all || undefined, authFile }))
    stdout.write(`Removed login credentials for ${all ? 'all registries' : printable(registry ?? '')}\n`)
  },
})
