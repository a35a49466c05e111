import { abandonable } from '../../auth/index.ts'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { type CredentialFile, findCredentialFile } from './credential-file.ts'
import { anonymous, type GcsCredentials } from './credentials.ts'
import { loadGoogleAuth, storageScope, tokenSourceOf } from './google-auth.ts'
import { machineAccount } from './metadata-server.ts'
import { tokenError } from './token-error.ts'
import type { TokenSource } from './token-source.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Application Default Credentials: a file, else the machine's own account, else nobody's, which is enough for public buckets.
 *
 * @param scope what the token is for; what a machine's own account may do was said where the machine was made
 * @throws LadingError `bad-auth-file`, `unsupported`
 */
export async function findCredentials(
  environment: Environment,
  http: HttpClient,
  scope = storageScope,
): Promise<GcsCredentials> {
  const billed = environment.GOOGLE_CLOUD_QUOTA_PROJECT || undefined
  const file = await findCredentialFile(environment)
  if (file !== undefined) {
    const library = await loadGoogleAuth()
    const make = () => opened(file, () => tokenSourceOf(library, http, file.content, scope))
    return tokenCredentials(principalOf(file), make, billed ?? file.content.quota_project_id)
  }
  const machine = await machineAccount(http, environment)
  return machine === undefined ? anonymous(billed) : tokenCredentials(machine.email, machine.source, billed)
}

function opened(file: CredentialFile, open: () => TokenSource): TokenSource {
  try {
    return open()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LadingError('bad-auth-file', `the Google credentials in ${file.path} cannot be used: ${why}`, { cause })
  }
}

/** Whose they are, for messages, and to tell whether two stores are one account's. */
function principalOf({ path, content }: CredentialFile): string {
  const { client_email: email, account, service_account_impersonation_url: url, audience } = content
  const impersonated = typeof url === 'string' ? /serviceAccounts\/([^:/]+):/.exec(url)?.[1] : undefined
  const named = [email, impersonated, account, audience].find(name => typeof name === 'string' && name !== '')
  return typeof named === 'string' ? named : `the login in ${path}`
}

function tokenCredentials(principal: string, make: () => TokenSource, billed: string | undefined): GcsCredentials {
  const project: Record<string, string> = billed === undefined ? {} : { 'x-goog-user-project': billed }
  let source = make()
  let latest: string | undefined
  const ask = async () => {
    try {
      latest = (await source.getRequestHeaders()).get('authorization') ?? ''
      return latest
    } catch (error) {
      throw tokenError(error, principal)
    }
  }
  return {
    principal,
    async headers(signal) {
      signal?.throwIfAborted()
      return { ...project, authorization: await abandonable(ask(), signal) }
    },
    renew({ authorization }) {
      // Requests that were under way together are refused together: the first makes new what serves all.
      if (authorization === latest) source = make()
      return true
    },
  }
}
