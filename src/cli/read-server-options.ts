import type { GivenCredential } from '../auth/index.ts'
import type { ServerOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import { defined } from './defined.ts'
import type { OptionSpec } from './options.ts'
import type { serverOptions, sidedServerOptions } from './server-options.ts'

type Given<O extends Readonly<Record<string, OptionSpec>>> = { readonly [K in keyof O]: ReturnType<O[K]['read']> }

type Server = Given<typeof serverOptions>

/** What `given` says of the server of a command's one image. @throws LadingError `bad-argument` that repeats no secret */
export function serverOf(given: Server): ServerOptions {
  return readServer(given, '')
}

/** What `given` says of each side's server. @throws LadingError `bad-argument` that repeats no secret */
export function sidedServersOf(given: Given<typeof sidedServerOptions>): {
  sourceServer: ServerOptions
  destinationServer: ServerOptions
} {
  const source: Server = {
    authfile: given.srcAuthfile,
    creds: given.srcCreds,
    username: given.srcUsername,
    password: given.srcPassword,
    noCreds: given.srcNoCreds,
    registryToken: given.srcRegistryToken,
    certDir: given.srcCertDir,
    tlsVerify: given.srcTlsVerify,
  }
  const destination: Server = {
    authfile: given.destAuthfile,
    creds: given.destCreds,
    username: given.destUsername,
    password: given.destPassword,
    noCreds: given.destNoCreds,
    registryToken: given.destRegistryToken,
    certDir: given.destCertDir,
    tlsVerify: given.destTlsVerify,
  }
  return { sourceServer: readServer(source, 'src-'), destinationServer: readServer(destination, 'dest-') }
}

function readServer(given: Server, prefix: string): ServerOptions {
  const { authfile, certDir, tlsVerify } = given
  return defined({ authFile: authfile, certDir, tlsVerify, credential: readCredential(given, prefix) })
}

function readCredential(
  { creds, username, password, noCreds, registryToken }: Server,
  prefix: string,
): GivenCredential | undefined {
  const flag = (name: string) => `--${prefix}${name}`
  const refuse = (what: string, hint?: string) => new LadingError('bad-argument', what, { hint })
  const together = (one: string, other: string) =>
    refuse(`${flag(one)} and ${flag(other)} cannot be given together`, 'each of them says who to be: keep one')
  const named = username !== undefined || password !== undefined
  if (noCreds && creds !== undefined) throw together('creds', 'no-creds')
  if (noCreds && named) throw together(username === undefined ? 'password' : 'username', 'no-creds')
  if (creds !== undefined && named) throw together('creds', username === undefined ? 'password' : 'username')
  if (named && password === undefined) throw refuse(`${flag('username')} needs ${flag('password')}`)
  if (named && username === undefined) throw refuse(`${flag('password')} needs ${flag('username')}`)

  const user = creds === undefined ? nameAndPassword(username, password) : splitCreds(creds)
  if (user?.username === '') throw refuse(`${flag(creds === undefined ? 'username' : 'creds')} names no user`)
  if (registryToken !== undefined) {
    if (registryToken === '') throw refuse(`${flag('registry-token')} is empty`)
    if (!/^[\x21-\x7e]+$/.test(registryToken)) {
      throw refuse(
        `${flag('registry-token')} is not a token`,
        'a token has no spaces, line ends or letters beyond ASCII',
      )
    }
    return { registryToken }
  }
  return noCreds ? 'anonymous' : user
}

function nameAndPassword(username: string | undefined, password: string | undefined) {
  return username === undefined || password === undefined ? undefined : { username, password }
}

/** The password may hold colons of its own. */
function splitCreds(creds: string): { username: string; password: string } {
  const colon = creds.indexOf(':')
  if (colon === -1) return { username: creds, password: '' }
  return { username: creds.slice(0, colon), password: creds.slice(colon + 1) }
}
