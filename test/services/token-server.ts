import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { close, listen } from '../../src/testing/listen.ts'
import type { Certificate } from './certificate.ts'
import { testCredentials } from './credentials.ts'

/** How the next tokens are. May be changed while the server runs. */
export interface TokenSettings {
  /**
   * What the token itself says. docker-registry forgives 60 s, so -58 makes one that is refused two seconds later: how a test
   * gets a token that expires in the middle of a copy.
   */
  ttlSeconds: number
  /** What the answer says; `undefined` leaves it out, which means 60 (distribution, token specification). */
  expiresIn: number | undefined
  /** The specification wants one of the two; servers send either or both. */
  fields: readonly ('token' | 'access_token')[]
}

/** One question for a token. */
interface TokenRequest {
  readonly method: string
  /** `undefined` where nobody logged in. */
  readonly username: string | undefined
  readonly scopes: readonly string[]
  readonly grantType: string | undefined
}

export interface TokenServer extends AsyncDisposable {
  /** The realm of a challenge. */
  readonly realm: string
  readonly requests: readonly TokenRequest[]
  readonly settings: TokenSettings
  stop(): Promise<void>
}

const refreshToken = 'an-identity-token'

/**
 * The token server that Debian's registry lacks: `GET` and `POST /token` as the distribution project's token and OAuth2
 * specifications say. Whoever does not log in may pull and nothing else.
 */
export async function startTokenServer(
  certificate: Certificate,
  settings: Partial<TokenSettings> = {},
): Promise<TokenServer> {
  const current: TokenSettings = { ttlSeconds: 300, expiresIn: 300, fields: ['token', 'access_token'], ...settings }
  const key = createPrivateKey(await readFile(certificate.keyFile))
  const chain = [new X509Certificate(await readFile(certificate.certificateFile)).raw.toString('base64')]
  const requests: TokenRequest[] = []

  function makeToken(subject: string, audience: string, access: readonly Access[]): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: 'lading-test', sub: subject, aud: audience, iat: now, nbf: now - 120, jti: randomUUID() }
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const head = part({ typ: 'JWT', alg: 'ES256', x5c: chain })
    const signed = `${head}.${part({ ...claims, exp: now + current.ttlSeconds, access })}`
    return `${signed}.${sign('SHA256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://token')
    if (url.pathname !== '/token') return send(response, 404, {})
    const parameters = request.method === 'POST' ? new URLSearchParams(await text(request)) : url.searchParams
    const login = request.method === 'POST' ? loginOfForm(parameters) : loginOfHeader(request.headers.authorization)
    const scopes = parameters
      .getAll('scope')
      .flatMap(scope => scope.split(' '))
      .filter(scope => scope !== '')
    requests.push({
      method: request.method ?? '',
      username: login === 'refused' ? undefined : login,
      scopes,
      grantType: parameters.get('grant_type') ?? undefined,
    })
    if (login === 'refused')
      return send(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'not this account' }] })
    const token = makeToken(login ?? '', parameters.get('service') ?? '', accessOf(scopes, login !== undefined))
    const wantsRefresh =
      login !== undefined && (request.method === 'POST' || parameters.get('offline_token') === 'true')
    send(response, 200, {
      ...Object.fromEntries(current.fields.map(field => [field, token])),
      ...(current.expiresIn === undefined ? {} : { expires_in: current.expiresIn }),
      ...(wantsRefresh ? { refresh_token: refreshToken } : {}),
    })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  const host = await listen(server)
  const stop = () => close(server)
  return { realm: `http://${host}/token`, requests, settings: current, stop, [Symbol.asyncDispose]: stop }
}

interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

/** `repository:NAME:pull,push`; a name may hold colons (a host's port), so the type ends at the first and actions begin at the last. */
function accessOf(scopes: readonly string[], loggedIn: boolean): Access[] {
  return scopes
    .map(scope => {
      const actions = scope.slice(scope.lastIndexOf(':') + 1).split(',')
      return {
        type: scope.slice(0, scope.indexOf(':')),
        name: scope.slice(scope.indexOf(':') + 1, scope.lastIndexOf(':')),
        actions: actions.filter(action => loggedIn || action === 'pull'),
      }
    })
    .filter(access => access.actions.length > 0)
}

type Login = string | undefined | 'refused'

function loginOfForm(form: URLSearchParams): Login {
  const { username, password } = testCredentials
  const matches =
    form.get('grant_type') === 'refresh_token'
      ? form.get('refresh_token') === refreshToken
      : form.get('username') === username && form.get('password') === password
  return matches ? username : 'refused'
}

function loginOfHeader(authorization: string | undefined): Login {
  if (authorization === undefined) return undefined
  const { username, password } = testCredentials
  const [scheme, value = ''] = authorization.split(' ')
  const said = Buffer.from(value, 'base64').toString()
  return scheme?.toLowerCase() === 'basic' && said === `${username}:${password}` ? username : 'refused'
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
