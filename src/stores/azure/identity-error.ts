import { LadingError } from '../../errors/index.ts'

/**
 * A failure to get a token, in lading's words; `undefined` for any other error.
 *
 * The SDK's text lists everything that it tried over many lines; the user needs to know that nothing was found, or what
 * Microsoft Entra refused. Its errors are recognised by their names, so that nothing is loaded for them.
 */
export function identityError(error: unknown): LadingError | undefined {
  if (!(error instanceof Error)) return undefined
  const refused = entraCode(error)
  if (refused !== undefined) {
    return new LadingError('unauthorized', `Microsoft Entra refused the identity (${refused})`, {
      hint: 'check AZURE_TENANT_ID, AZURE_CLIENT_ID and its secret or certificate, or log in again with `az login`',
    })
  }
  const names = [
    'CredentialUnavailableError',
    'AggregateAuthenticationError',
    'AuthenticationError',
    'AuthenticationRequiredError',
  ]
  if (!names.includes(error.name)) return undefined
  return new LadingError('unauthorized', 'no credentials for Azure were found on this machine', {
    hint: 'log in with `az login`, or set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN',
  })
}

/** `AADSTS7000215`: what Entra calls the reason, also inside the list of what was tried. */
function entraCode(error: Error): string | undefined {
  const own = /\bAADSTS\d+\b/.exec(error.message)?.[0]
  if (own !== undefined || !('errors' in error) || !Array.isArray(error.errors)) return own
  return error.errors
    .map(inner => (inner instanceof Error ? entraCode(inner) : undefined))
    .find(code => code !== undefined)
}
