import { generateKeyPairSync, verify } from 'node:crypto'
import type { HttpClient, HttpRequest } from '../http/index.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** Where Google gives tokens, led to a server of the test. */
export interface FakeGoogleTokens extends AsyncDisposable {
  readonly server: ScriptedServer
  /** Tokens that were given, in order. */
  readonly given: string[]
  /** What the next requests for a token are refused with: the answer's status and body. */
  refusal: { readonly status: number; readonly body: unknown } | undefined
  /** A key file whose assertions are checked. */
  readonly keyFile: Record<string, string>
  /** A client whose requests to Google's hosts come here. */
  led(http: HttpClient): HttpClient
}

const email = 'tester@project.iam.gserviceaccount.com'

/**
 * Stands in for Google's OAuth, STS and IAM credentials endpoints and for the metadata server. Each of them gives tokens to who
 * asks as its documentation says, and 400 to anybody else.
 */
export async function startFakeGoogleTokens(
  scope = 'https://www.googleapis.com/auth/devstorage.read_write',
): Promise<FakeGoogleTokens> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const given: string[] = []
  const server = await startScriptedServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
        .end(typeof body === 'string' ? body : JSON.stringify(body))
    const give = (): string => {
      given.push(`token-${given.length + 1}`)
      return `token-${given.length}`
    }
    const body = (await request.body()).toString()
    if (request.path.endsWith('/email') && request.headers['metadata-flavor'] === 'Google')
      return void answer(200, email)
    if (tokens.refusal !== undefined) return void answer(tokens.refusal.status, tokens.refusal.body)
    const isAsked = asks[request.path]?.(new URLSearchParams(body), request.headers, body) ?? false
    if (!isAsked)
      return void answer(400, { error: 'invalid_request', error_description: `not as ${request.path} is asked` })
    const fields = request.path.endsWith(':generateAccessToken')
      ? { accessToken: give(), expireTime: new Date(Date.now() + 3_600_000).toISOString() }
      : { access_token: give(), expires_in: 3600, token_type: 'Bearer', issued_token_type: accessTokenType }
    answer(200, fields)
  })

  const isSigned = (assertion: string): boolean => {
    const [header = '', claims = '', signature = ''] = assertion.split('.')
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const content = Buffer.from(`${header}.${claims}`)
    const good = verify('sha256', content, publicKey, Buffer.from(signature, 'base64url'))
    return good && said.iss === email && said.scope === scope
  }
  const asks: Record<
    string,
    (form: URLSearchParams, headers: ScriptedServer['requests'][number]['headers'], body: string) => boolean
  > = {
    '/oauth2.googleapis.com/token': form =>
      form.get('grant_type') === 'refresh_token'
        ? form.get('refresh_token') === 'refresh' && form.get('client_secret') === 'secret'
        : form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
          isSigned(form.get('assertion') ?? ''),
    '/sts.googleapis.com/v1/token': form =>
      form.get('subject_token') === 'subject' &&
      form.get('audience') === audience &&
      form.get('requested_token_type') === accessTokenType,
    [`/iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`]: (_, headers, body) =>
      headers.authorization === `Bearer ${given.at(-1)}` && JSON.parse(body).scope.length === 1,
    '/computeMetadata/v1/instance/service-accounts/default/token': (_, headers) =>
      headers['metadata-flavor'] === 'Google',
  }

  const tokens: FakeGoogleTokens = {
    server,
    given,
    refusal: undefined,
    keyFile: {
      type: 'service_account',
      client_email: email,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      private_key_id: 'key',
    },
    led: http => ({
      request: (request: HttpRequest) => {
        const { protocol, host, pathname, search } = new URL(request.url)
        const isGoogle = protocol === 'https:' && host.endsWith('.googleapis.com')
        return http.request(isGoogle ? { ...request, url: `${server.origin}/${host}${pathname}${search}` } : request)
      },
      direct: () => undefined,
      pause: (pause, signal) => http.pause(pause, signal),
      [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return tokens
}

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** Of the workload identity pool whose subject token `subject` is accepted. */
export const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider'
