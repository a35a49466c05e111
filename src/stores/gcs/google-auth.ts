import type {
  AwsClientOptions,
  BaseExternalAccountClientOptions,
  ExternalAccountAuthorizedUserClientOptions,
  gaxios,
  IdentityPoolClientOptions,
  JWTInput,
  PluggableAuthClientOptions,
} from 'google-auth-library'
import { isMissingPackage, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import type { CredentialFile } from './credential-file.ts'
import { googleTransport } from './google-transport.ts'
import { cachedToken, type TokenSource } from './token-source.ts'

export type GoogleAuthLibrary = typeof import('google-auth-library')

/** What lading does with a bucket, and no more. */
export const storageScope = 'https://www.googleapis.com/auth/devstorage.read_write'

/** @throws LadingError `unsupported` where the optional package is not installed */
export async function loadGoogleAuth(
  load: () => Promise<GoogleAuthLibrary> = () => import('google-auth-library'),
): Promise<GoogleAuthLibrary> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause
    const message = 'Google credentials need the package google-auth-library, which is not installed'
    throw new LadingError('unsupported', message, { cause, hint: 'npm install google-auth-library' })
  }
}

/**
 * Google's own client for a credential file.
 *
 * Not through `GoogleAuth`: that one reads the environment of the process, asks for projects that nobody needs, prints warnings,
 * and finds the metadata server with requests that cannot be led through our HTTP client.
 *
 * @throws Error of the library, where the file lacks something
 */
export function tokenSourceOf(
  library: GoogleAuthLibrary,
  http: HttpClient,
  content: CredentialFile['content'],
  scope = storageScope,
): TokenSource {
  const transporter = googleTransport(library, http)
  // Here and below a file is taken for what its type says: the library looks at each field itself, and throws for one that it lacks.
  switch (content.type) {
    case 'service_account': {
      const client = new library.JWT({ transporter, scopes: [scope] })
      client.fromJSON(content as JWTInput)
      return client
    }
    case 'authorized_user': {
      const client = new library.UserRefreshClient({ transporter })
      client.fromJSON(content as JWTInput)
      return client
    }
    case 'external_account':
      return externalAccount(library, transporter, content, scope)
    case 'external_account_authorized_user': {
      const options = content as CredentialFile['content'] & ExternalAccountAuthorizedUserClientOptions
      return new library.ExternalAccountAuthorizedUserClient({ ...options, transporter })
    }
    case 'impersonated_service_account':
      return impersonated(library, http, content, scope)
    default:
      throw new Error(`there is no type ${JSON.stringify(content.type)}`)
  }
}

/** What `ExternalAccountClient.fromJSON` does, but for its warning. */
function externalAccount(
  library: GoogleAuthLibrary,
  transporter: gaxios.Gaxios,
  content: CredentialFile['content'],
  scope: string,
): TokenSource {
  const options = {
    ...(content as CredentialFile['content'] & BaseExternalAccountClientOptions),
    transporter,
    scopes: [scope],
  }
  const source = content.credential_source
  const has = (field: string) => typeof source === 'object' && source !== null && field in source
  const client = has('environment_id')
    ? new library.AwsClient(options as AwsClientOptions)
    : has('executable')
      ? new library.PluggableAuthClient(options as PluggableAuthClientOptions)
      : new library.IdentityPoolClient(options as IdentityPoolClientOptions)
  // The exchange of tokens has a transport of its own, which no option names.
  const exchange: unknown = Reflect.get(client, 'stsCredential')
  if (typeof exchange === 'object' && exchange !== null) Reflect.set(exchange, 'transporter', transporter)
  return client
}

/** A service account's token, got with somebody else's. The library's own client for it prints a warning whenever it is made. */
function impersonated(
  library: GoogleAuthLibrary,
  http: HttpClient,
  fields: Record<string, unknown>,
  scope: string,
): TokenSource {
  const { source_credentials: inner, service_account_impersonation_url: url, delegates } = fields
  if (typeof inner !== 'object' || inner === null || !('type' in inner) || typeof inner.type !== 'string')
    throw new Error('it has no source_credentials')
  if (typeof url !== 'string') throw new Error('it has no service_account_impersonation_url')
  const source = tokenSourceOf(library, http, { ...inner, type: inner.type }, scope)
  const transporter = googleTransport(library, http)
  return cachedToken(async () => {
    const { data } = await transporter.request<{ accessToken: string; expireTime: string }>({
      method: 'POST',
      url,
      headers: await source.getRequestHeaders(),
      data: { scope: [scope], delegates, lifetime: '3600s' },
      responseType: 'json',
    })
    return { token: data.accessToken, expiresAt: Date.parse(data.expireTime) }
  })
}
