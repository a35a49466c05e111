import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import type { HttpClient } from '../../http/index.ts'
import { askService, readAnswer, type Service, serviceUrl } from './service-request.ts'

const audience = 'sigstore'

/**
 * The OIDC token that this machine has for signing: `SIGSTORE_ID_TOKEN`, which is what GitLab is told to put there, or what GitHub Actions gives
 * who may write id-token.
 *
 * @throws LadingError `unauthorized` where there is none, and what asking for it throws
 */
export async function findIdentityToken(
  http: () => Promise<HttpClient>,
  environment: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<string> {
  const given = environment.SIGSTORE_ID_TOKEN
  if (given !== undefined && given !== '') return given.trim()
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = environment
  if (url === undefined || url === '' || secret === undefined) {
    throw new LadingError('unauthorized', 'there is no OIDC token to sign with', {
      operation: 'sign',
      hint: 'give one, or set SIGSTORE_ID_TOKEN; in GitHub Actions, permit id-token: write',
    })
  }
  keepSecret(secret)
  const service: Service = { http: await http(), url, name: 'GitHub' }
  const address = new URL(serviceUrl(service, ''))
  address.searchParams.set('audience', audience)
  const headers = { authorization: `Bearer ${secret}`, accept: 'application/json' }
  const { body } = await askService(service, { method: 'GET', url: address.href, headers, signal }, [200])
  return readAnswer(v.object({ value: v.pipe(v.string(), v.minLength(1)) }), body, service).value
}
