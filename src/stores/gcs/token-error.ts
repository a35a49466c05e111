import { LadingError } from '../../errors/index.ts'
import { redactText } from '../../http/index.ts'

/** Why there is no token, in lading's words. What the HTTP client said of the way there passes unchanged. */
export function tokenError(error: unknown, principal: string): LadingError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof LadingError) return cause
  }
  const said = redactText(saidBy(error))
  const unauthorized = (message: string, hint: string) =>
    new LadingError('unauthorized', message, { cause: error, hint })
  // "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values"
  if (/reasonable timeframe|iat and exp/i.test(said)) {
    const hint = "set this machine's clock: Google takes a token request for some minutes only"
    return unauthorized(`the time in the token request of ${principal} is not Google's`, hint)
  }
  if (/invalid_grant|invalid_rapt|reauth/i.test(said)) {
    const hint = 'run `gcloud auth application-default login`, or use another key file: this one is expired or revoked'
    return unauthorized(`Google refuses the credentials of ${principal}: ${said}`, hint)
  }
  if (/PERMISSION_DENIED|getAccessToken/i.test(said)) {
    const hint = 'grant roles/iam.serviceAccountTokenCreator on the service account'
    return unauthorized(`the service account ${principal} may not be impersonated: ${said}`, hint)
  }
  return unauthorized(
    `there is no Google access token for ${principal}: ${said}`,
    'check the credentials, and GOOGLE_APPLICATION_CREDENTIALS',
  )
}

/** OAuth's `error` and `error_description` (RFC 6749 section 5.2), Google's `error.message`, or what the library makes of it. */
function saidBy(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Error) || !('response' in error)) return text
  const data: unknown = (error.response as { data?: unknown } | undefined)?.data
  if (typeof data !== 'object' || data === null || !('error' in data)) return text
  if (typeof data.error === 'object') return JSON.stringify(data.error)
  return 'error_description' in data ? `${data.error}: ${data.error_description}` : String(data.error)
}
