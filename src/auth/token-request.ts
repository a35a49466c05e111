import { LadingError } from '../errors/index.ts'
import { keepSecret } from '../errors/known-secrets.ts'
import type { HttpClient, HttpRequest, HttpResponse, ServerRoute } from '../http/index.ts'
import { limits } from '../model/limits.ts'
import { readJson } from '../model/read-json.ts'
import { readAll } from '../streams/index.ts'
import { basicAuthorization, type Credential } from './credential.ts'

/** What an expiry is when the server does not say: distribution's token specification. */
const defaultLifetimeSeconds = 60

export interface TokenRequest {
  /** The token server, as the registry's challenge names it. */
  readonly realm: URL
  /** The origin of the registry that has named it. */
  readonly namedBy: string
  readonly service: string | undefined
  readonly scopes: readonly string[]
  readonly credential: Credential | undefined
  readonly tlsVerify: boolean | undefined
  readonly certificates: ServerRoute | undefined
}

export interface Token {
  readonly value: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expiresAt: number
  readonly lifetimeMs: number
}

/** Asks a token server for a token. @throws LadingError `unauthorized`, `denied`, and what the connection throws */
export async function requestToken(http: HttpClient, request: TokenRequest): Promise<Token> {
  const { realm, credential } = request
  // It goes in a body, where the HTTP client does not look for secrets.
  if (credential?.kind === 'identity-token') keepSecret(credential.token)
  const send = (built: HttpRequest) =>
    http.request({
      ...built,
      namedBy: request.namedBy,
      documentBytes: limits.tokenBytes,
      tlsVerify: request.tlsVerify,
      route: request.certificates,
    })
  let response = await send(
    credential?.kind === 'identity-token' ? refreshRequest(request, credential.token) : tokenRequest(request),
  )
  if (credential?.kind === 'identity-token' && (response.status === 404 || response.status === 405)) {
    // Servers from before OAuth2 take the identity token as a password.
    await response.discard()
    response = await send(tokenRequest(request))
  }
  if (response.status !== 200) throw await refusal(response, request)
  const body = await readAll(response.body, limits.tokenBytes, 'the answer of the token server')
  const token = readToken(new TextDecoder().decode(body), Date.now())
  if (token === undefined)
    throw new LadingError('protocol-error', `${realm.host} answered without a token`, { status: 200 })
  keepSecret(token.value)
  return token
}

/** distribution specification, "Token Authentication": GET with the scopes repeated. */
function tokenRequest({ realm, service, scopes, credential }: TokenRequest): HttpRequest {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credential === undefined || credential.kind === 'registry-token') return { method: 'GET', url: url.href }
  url.searchParams.set('account', credential.username)
  const secret = credential.kind === 'password' ? credential.password : credential.token
  return { method: 'GET', url: url.href, headers: { authorization: basicAuthorization(credential.username, secret) } }
}

/** distribution specification, "OAuth2 Token Authentication": the scopes in one parameter. */
function refreshRequest({ realm, service, scopes }: TokenRequest, refreshToken: string): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'lading', refresh_token: refreshToken })
  if (service !== undefined) form.set('service', service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  return {
    method: 'POST',
    url: realm.href,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(form.toString()),
    idempotent: true,
  }
}

/**
 * `token` or `access_token`. A token that came from a cache is older than its answer, so `issued_at` counts where it lies in the
 * past; where it lies in the future one of the clocks is wrong.
 */
function readToken(text: string, now: number): Token | undefined {
  let answer: unknown
  try {
    answer = readJson(text)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null) return undefined
  const fields = answer as Record<string, unknown> // each is checked where it is used
  const value = [fields.token, fields.access_token].find(field => typeof field === 'string' && field !== '')
  if (typeof value !== 'string') return undefined
  const stated = Number(fields.expires_in)
  const lifetimeMs = 1000 * (stated > 0 ? stated : defaultLifetimeSeconds)
  const issued = typeof fields.issued_at === 'string' ? Date.parse(fields.issued_at) : Number.NaN
  return { value, lifetimeMs, expiresAt: (Number.isNaN(issued) ? now : Math.min(issued, now)) + lifetimeMs }
}

async function refusal(response: HttpResponse, { realm, credential }: TokenRequest): Promise<LadingError> {
  await response.discard()
  const { status } = response
  const server = realm.host
  const who = credential === undefined || credential.kind === 'registry-token' ? undefined : credential.username
  // 400 is what OAuth2 answers to a refresh token that is no longer valid: RFC 6749 section 5.2.
  if (status === 401 || (status === 400 && credential?.kind === 'identity-token')) {
    const message =
      who === undefined ? `${server} gives no anonymous tokens` : `${server} refused the credentials of ${who}`
    const hint =
      who === undefined
        ? undefined
        : 'check the user name and the password; many registries want an access token for it'
    return new LadingError('unauthorized', message, { status, hint })
  }
  if (status === 403) {
    return new LadingError('denied', `${server} gives ${who ?? 'anonymous users'} no token for this`, { status })
  }
  const code = status === 429 ? 'rate-limited' : status >= 500 ? 'server-error' : 'protocol-error'
  return new LadingError(code, `the token server ${server} answered ${status}`, { status }).afterTrying(response.tried)
}
