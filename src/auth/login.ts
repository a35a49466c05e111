import { isLadingError, LadingError } from '../errors/index.ts'
import { createHttpClient, type HttpClient, type HttpSettings } from '../http/index.ts'
import { readAuthFile } from './auth-file.ts'
import { type AuthFileSearch, loginAuthFile } from './auth-file-paths.ts'
import { changeAuthFile } from './auth-file-write.ts'
import type { Credential } from './credential.ts'
import { storeInHelper } from './credential-helper.ts'
import { findRegistryCertificates } from './registry-certificates.ts'
import { canonicalRegistry, dockerHubServer } from './registry-key.ts'
import { RegistrySession } from './registry-session.ts'

export interface LoginOptions extends AuthFileSearch, HttpSettings {
  /** `host[:port]`, or `host/namespace` for credentials of one namespace only. */
  readonly registry: string
  readonly username: string
  readonly password: string
  readonly tlsVerify?: boolean | undefined
  /** `authFile` is one that Docker reads: keys are hosts, and Docker Hub has its own. */
  readonly dockerFile?: boolean | undefined
  /** The folder of certificates for the registry, in the place of those that are looked for. */
  readonly certDir?: string | undefined
  /** Default: one for this login alone. */
  readonly http?: HttpClient | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Checks credentials against the registry and keeps them where the containers tools look for them.
 *
 * @returns the file or helper that keeps them
 * @throws LadingError `unauthorized` where the registry refuses them; nothing is written then
 */
export async function login(options: LoginOptions): Promise<{ readonly storedIn: string }> {
  const { host, key: ownKey } = parseLoginTarget(options.registry)
  const key = options.dockerFile ? dockerKey(host, ownKey) : ownKey
  const credential: Credential = { kind: 'password', username: options.username, password: options.password }
  if (options.http !== undefined) await verify(options.http, host, credential, options)
  else {
    await using http = createHttpClient({ userAgentPrefix: options.userAgentPrefix, onRequest: options.onRequest })
    await verify(http, host, credential, options)
  }
  const path = loginAuthFile(options)
  const file = await readAuthFile(path)
  const helper = file?.credHelpers.get(host) ?? file?.credsStore
  if (helper !== undefined) {
    const { environment, signal } = options
    await storeInHelper(helper, helperServer(host), options, { environment, signal })
    return { storedIn: `docker-credential-${helper}` }
  }
  const auth = Buffer.from(`${options.username}:${options.password}`).toString('base64')
  await changeAuthFile(path, document => {
    document.auths = { ...document.auths, [key]: { auth } }
    return true
  })
  return { storedIn: path }
}

/** The registry of `host[:port][/namespace]`, and the key that its credentials are kept under. @throws LadingError `bad-argument` */
export function parseLoginTarget(text: string): { host: string; key: string } {
  const [named = '', ...namespace] = text
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .split('/')
  const host = canonicalRegistry(named)
  if (!URL.canParse(`https://${host}`) || host === '' || namespace.includes('')) {
    throw new LadingError('bad-argument', `${JSON.stringify(text)} is not a registry`, {
      hint: 'write HOST[:PORT] or HOST[:PORT]/NAMESPACE, like ghcr.io or quay.io/organisation',
    })
  }
  return { host, key: [host, ...namespace].join('/') }
}

/** As Docker keeps credentials: by the host, and Docker Hub's by a URL. @throws LadingError `bad-argument` */
function dockerKey(host: string, key: string): string {
  if (key === host) return helperServer(host)
  throw new LadingError('bad-argument', `a file of Docker's has no place for the credentials of a namespace: ${key}`, {
    hint: `log in to ${host}, or without the file of Docker's`,
  })
}

/** The name that a helper knows a registry by. */
export function helperServer(host: string): string {
  return host === 'docker.io' ? dockerHubServer : host
}

/** A registry that asks for nothing accepts any credentials: there is nothing to check, and nothing wrong with keeping them. */
async function verify(
  http: HttpClient,
  registry: string,
  credential: Credential,
  options: LoginOptions,
): Promise<void> {
  const credentials = { problems: [], find: async () => credential }
  const { tlsVerify, certDir, environment = process.env } = options
  const certificates = await findRegistryCertificates(registry, { certDir, environment, warn: () => {} })
  const session = new RegistrySession({ http, registry, credentials, tlsVerify, certificates })
  const status = await statusOf(session, options.signal)
  if (status === 200) return
  const details = { operation: 'log in', subject: registry, status }
  if (status === 401 || status === 403) {
    throw new LadingError('unauthorized', `${registry} refused the credentials of ${options.username}`, {
      ...details,
      hint: 'check the user name and the password; many registries want an access token in place of the password',
    })
  }
  if (status >= 500 || status === 429) throw new LadingError('server-error', `${registry} answered ${status}`, details)
  throw new LadingError('protocol-error', `${registry} does not answer like a registry: ${status} for /v2/`, details)
}

/** What the registry, or the token server it sends us to, answers to who we say we are. */
async function statusOf(session: RegistrySession, signal: AbortSignal | undefined): Promise<number> {
  try {
    const response = await session.request({ method: 'GET', target: '/v2/', access: [], signal })
    await response.discard()
    return response.status
  } catch (error) {
    if (isLadingError(error, 'unauthorized', 'denied') && error.status !== undefined) return error.status
    throw error instanceof LadingError ? error.with({ operation: 'log in', subject: session.registry }) : error
  }
}
