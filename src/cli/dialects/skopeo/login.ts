import { LadingError } from '../../../errors/index.ts'
import { askCredentials } from '../../ask-credentials.ts'
import { defineCommand } from '../../command.ts'
import { defined } from '../../defined.ts'
import { flag, openFlag, optionalArgument, text } from '../../options.ts'
import { printable } from '../../printable.ts'
import { serverOptions } from '../../server-options.ts'
import { credentialFile } from './credential-file.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo login`. */
export const skopeoLogin = defineCommand({
  description: '',
  examples: [],
  arguments: { registry: optionalArgument('REGISTRY', '') },
  options: {
    ...skopeoGlobals,
    authfile: text({ value: 'string', description: 'keep the credentials in this file' }),
    certDir: serverOptions.certDir,
    compatAuthFile: text({ value: 'string', description: 'keep the credentials in this file, as Docker reads them' }),
    getLogin: flag({ description: 'print the user that is logged in' }),
    password: text({ short: 'p', value: 'string', description: 'the password' }),
    passwordStdin: flag({ description: 'read the password from stdin' }),
    tlsVerify: openFlag({ description: 'require HTTPS and a valid certificate; as is so where it is not given' }),
    username: text({ short: 'u', value: 'string', description: 'the user' }),
    verbose: flag({ short: 'v', description: 'say where the credentials are kept' }),
  },

  async run(input, context) {
    const { registry, certDir, tlsVerify = true } = input
    const authFile = credentialFile(input)
    const { library, stdout, signal } = context
    if (registry === undefined) throw new LadingError('bad-argument', 'please provide a registry to log in to')
    const where = { registry, ...defined({ authFile }), signal }
    if (input.getLogin) {
      const user = await library.loginUser(where)
      if (user === undefined) throw new LadingError('bad-argument', `not logged into ${registry}`)
      stdout.write(`${printable(user)}\n`)
      return
    }
    const credentials = await askCredentials(input, context)
    const { storedIn } = await library.login({
      ...where,
      ...credentials,
      tlsVerify,
      ...defined({ certDir, dockerFile: input.compatAuthFile === undefined ? undefined : true }),
    })
    if (input.verbose) stdout.write(`Used:  ${printable(storedIn)}\n`)
    stdout.write('Login Succeeded!\n')
  },
})
