import { LadingError } from '../errors/index.ts'
import { type HttpClient, isLoopback, type ServerRoute } from '../http/index.ts'
import { abandonable } from './abandonable.ts'
import { type Access, scopeCovered, scopeOf } from './access.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { basicAuthorization, type Credential } from './credential.ts'
import type { CredentialFinder } from './credential-finder.ts'
import { requestToken, type Token } from './token-request.ts'

/** A token is fetched anew this long before its end, or in the last fifth of a short life. */
const refreshMarginMs = 15_000

export interface AuthenticatorOptions {
  readonly http: HttpClient
  readonly credentials: CredentialFinder
  readonly registry: string
  readonly tlsVerify: boolean | undefined
  readonly certificates?: ServerRoute | undefined
}

/** How a registry wants to be asked: with a password in each request, or with tokens of a token server. */
type Method =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: URL; readonly namedBy: string; readonly service: string | undefined }

/** A token, or the request for it that is under way. */
interface HeldToken {
  readonly pending: Promise<Token>
  token?: Token
}

/**
 * Makes the Authorization headers for one registry. Once the registry has said how it wants to be asked, no request goes out
 * without what it needs.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #tokens = new Map<string, HeldToken>()
  #method: Method | undefined

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** The header for a request, `undefined` where none is known to be needed. */
  async authorization(access: readonly Access[], signal?: AbortSignal): Promise<string | undefined> {
    if (this.#method === undefined) return undefined
    return abandonable(this.#header(this.#method, access, [], undefined), signal)
  }

  /**
   * The header that answers a 401 of `origin`, `undefined` where there is no other one than `sent`.
   *
   * @throws LadingError `unauthorized` or `denied` where the token server refuses, `protocol-error` where none may be asked
   */
  async answer(
    refusal: { readonly challenge: string | undefined; readonly origin: string; readonly sent: string | undefined },
    access: readonly Access[],
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(refusal.challenge ?? '')
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
    if (bearer === undefined && !challenges.some(({ scheme }) => scheme === 'basic')) return undefined
    this.#method = bearer === undefined ? { scheme: 'basic' } : bearerMethod(bearer, refusal.origin)
    const asked = (bearer?.parameters.get('scope') ?? '').split(' ').filter(scope => scope !== '')
    // A token that was given for all of this and is not enough says what the account may do: another would say the same.
    const insufficient = bearer?.parameters.get('error') === 'insufficient_scope'
    const scopes = access.map(scopeOf)
    if (insufficient && refusal.sent !== undefined && asked.every(scope => scopeCovered(scope, scopes)))
      return undefined
    const header = await abandonable(this.#header(this.#method, access, asked, refusal.sent), signal)
    return header === refusal.sent ? undefined : header
  }

  async #header(
    method: Method,
    access: readonly Access[],
    asked: readonly string[],
    refused: string | undefined,
  ): Promise<string | undefined> {
    const { credentials, registry } = this.#options
    const credential = await credentials.find(registry, access[0]?.repository)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    if (method.scheme === 'basic') {
      return credential?.kind === 'password' ? basicAuthorization(credential.username, credential.password) : undefined
    }
    const scopes = access.map(scopeOf)
    const key = JSON.stringify([method.realm, method.service, scopes, credential])
    const held = this.#tokens.get(key)
    const good = held !== undefined && (held.token === undefined || isGood(held.token, refused))
    const { pending } = good
      ? held
      : this.#fetch(key, method, credential, [...scopes, ...asked.filter(scope => !scopeCovered(scope, scopes))])
    return `Bearer ${(await pending).value}`
  }

  /** One request for one token, however many wait for it: none of them can abort it for the others. */
  #fetch(
    key: string,
    method: Method & { readonly scheme: 'bearer' },
    credential: Credential | undefined,
    scopes: readonly string[],
  ): HeldToken {
    const { http, tlsVerify, certificates } = this.#options
    const held: HeldToken = { pending: requestToken(http, { ...method, scopes, credential, tlsVerify, certificates }) }
    this.#tokens.set(key, held)
    held.pending.then(
      token => {
        held.token = token
      },
      () => this.#tokens.delete(key),
    )
    return held
  }
}

function isGood(token: Token, refused: string | undefined): boolean {
  const margin = Math.min(refreshMarginMs, token.lifetimeMs / 5)
  return `Bearer ${token.value}` !== refused && Date.now() < token.expiresAt - margin
}

/**
 * Where a challenge sends us for tokens. A registry that is spoken to over HTTPS may not have its users' passwords sent in the clear.
 */
function bearerMethod(challenge: Challenge, origin: string): Method {
  const text = challenge.parameters.get('realm') ?? ''
  const realm = URL.canParse(text) ? new URL(text) : undefined
  const registry = new URL(origin)
  const plainAllowed = registry.protocol === 'http:' || isLoopback(registry.hostname)
  if (realm?.protocol !== 'https:' && !(realm?.protocol === 'http:' && plainAllowed)) {
    throw new LadingError('protocol-error', `${registry.host} names a token server that is not an HTTPS address`, {
      hint: 'nothing was sent there; the registry must name its token server as https://…',
    })
  }
  realm.username = ''
  realm.password = ''
  return { scheme: 'bearer', realm, namedBy: origin, service: challenge.parameters.get('service') }
}
