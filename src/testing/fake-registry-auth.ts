import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Answer, jsonBytes, refuse } from './fake-registry-answer.ts'
import type { RegistryQuirks } from './fake-registry-quirks.ts'

/** The one account of a fake registry. */
export const fakeCredentials = { username: 'test', password: 'secret', identityToken: 'an-identity-token' } as const

export type FakeAuth = 'none' | 'basic' | 'token'

/** Who may do what. With `token`, whoever does not log in may pull. */
export class FakeAuthority {
  readonly #kind: FakeAuth
  readonly #quirks: RegistryQuirks
  /** An action may be `*`. */
  readonly #scopesByToken = new Map<string, ReadonlySet<string>>()

  constructor(kind: FakeAuth, quirks: RegistryQuirks) {
    this.#kind = kind
    this.#quirks = quirks
  }

  /** Every token that was given out is refused from now on. */
  revokeTokens(): void {
    this.#scopesByToken.clear()
  }

  /** Why a request with these needs (`repository:NAME:ACTION`) is refused, if it is. `realm` is where tokens are. */
  refusal(request: IncomingMessage, needs: readonly string[], realm: string): Answer | undefined {
    if (this.#kind === 'none') return undefined
    const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ')
    if (this.#kind === 'basic') {
      if (scheme === 'Basic' && isLogin(value)) return undefined
      return unauthorized('Basic realm="fake registry"')
    }
    const scopes = scheme === 'Bearer' ? this.#scopesByToken.get(value) : undefined
    if (scopes !== undefined && needs.every(need => scopes.has(need) || scopes.has(need.replace(/[^:]*$/, '*'))))
      return undefined
    const scope = needs.length === 0 ? '' : `,scope="${challengeScopes(needs)}"`
    const error = scopes === undefined ? '' : ',error="insufficient_scope"'
    return unauthorized(`Bearer realm="${realm}",service="fake"${scope}${error}`)
  }

  /** `GET /token`, and `POST /token` as OAuth2. */
  token(request: IncomingMessage, query: URLSearchParams, form: URLSearchParams): Answer {
    const isPost = request.method === 'POST'
    const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ')
    const loggedIn = isPost ? isFormLogin(form) : scheme === 'Basic' && isLogin(value)
    if (!loggedIn && (isPost || scheme)) return refuse(401, 'UNAUTHORIZED', 'not this account')
    const scopes = (isPost ? form : query)
      .getAll('scope')
      .flatMap(text => text.split(' '))
      .flatMap(splitActions)
      .filter(scope => loggedIn || scope.endsWith(':pull'))
    const token = randomUUID()
    this.#scopesByToken.set(token, new Set(scopes))
    const { tokenFields, tokenExpiresIn } = this.#quirks
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: jsonBytes({
        ...Object.fromEntries(tokenFields.map(field => [field, token])),
        ...(tokenExpiresIn === undefined ? {} : { expires_in: tokenExpiresIn }),
      }),
    }
  }
}

function unauthorized(challenge: string): Answer {
  return refuse(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })
}

function isLogin(basic: string): boolean {
  return Buffer.from(basic, 'base64').toString() === `${fakeCredentials.username}:${fakeCredentials.password}`
}

function isFormLogin(form: URLSearchParams): boolean {
  if (form.get('grant_type') === 'refresh_token') return form.get('refresh_token') === fakeCredentials.identityToken
  return form.get('username') === fakeCredentials.username && form.get('password') === fakeCredentials.password
}

/** `repository:a:pull,push` is `repository:a:pull` and `repository:a:push`. */
function splitActions(scope: string): string[] {
  const at = scope.lastIndexOf(':') + 1
  return scope
    .slice(at)
    .split(',')
    .map(action => scope.slice(0, at) + action)
}

/** The way back: one scope for each repository, with its actions. */
function challengeScopes(needs: readonly string[]): string {
  const resources = Map.groupBy(needs, need => need.slice(0, need.lastIndexOf(':')))
  const actionOf = (need: string) => need.slice(need.lastIndexOf(':') + 1)
  return [...resources].map(([resource, own]) => `${resource}:${own.map(actionOf).join(',')}`).join(' ')
}
