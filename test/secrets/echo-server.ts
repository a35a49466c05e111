import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { canaries } from './canaries.ts'

/** What goes wrong once the server knows who is asking. */
export const failures = [
  'refuses with 401',
  'refuses with 403',
  'fails with 500',
  'answers JSON that ends too early',
  'redirects with a signature to a server that refuses',
  'redirects to a file',
  'names an upload with a signature at a server that refuses',
  'closes the connection',
  'has a token server that refuses',
  'has a token server that answers JSON that ends too early',
  'speaks no TLS',
] as const

export type Failure = (typeof failures)[number]

export interface EchoServer extends AsyncDisposable {
  readonly port: number
  failure: Failure
  /** Whether it asks for a password, or for a token. */
  challenge: 'Basic' | 'Bearer'
  /** Everything that it was sent, decoded. */
  readonly received: string[]
}

/** A server of every protocol that fails, and says back in its answer all that it was told: its errors are full of secrets. */
export async function startEchoServer(): Promise<EchoServer> {
  const received: string[] = []
  const state: Pick<EchoServer, 'failure' | 'challenge'> = { failure: 'refuses with 403', challenge: 'Basic' }
  let port = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { headers } = request
      // What is secret comes first: long answers are cut.
      const secret = [
        headers.authorization,
        plainLogin(request),
        headers['x-amz-security-token'],
        headers['proxy-authorization'],
      ]
      const said = `${secret.filter(Boolean).join(' ')} ${request.method} ${request.url} ${JSON.stringify(headers)}`
      const told = `${said} ${Buffer.concat(chunks).toString('latin1').slice(0, 2000)}`
      received.push(told)
      answer(request, response, told)
    })
  })
  server.on('connect', (request, socket) => {
    received.push(JSON.stringify(request.headers) + plainLogin(request, 'proxy-authorization'))
    socket.end(`HTTP/1.1 502 ${JSON.stringify(request.headers).slice(0, 500)}\r\n\r\n`)
  })

  function answer(request: IncomingMessage, response: ServerResponse, told: string): unknown {
    const { failure } = state
    const path = request.url ?? '/'
    const here = `http://127.0.0.1:${port}`
    const send = (status: number, body: string, headers: Record<string, string> = {}): unknown =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    if (path.startsWith('/token')) {
      if (failure === 'has a token server that refuses') return send(401, errorBody(path, told))
      if (failure === 'has a token server that answers JSON that ends too early')
        return send(200, JSON.stringify({ token: canaries.bearerToken, told }).slice(0, -2))
      return send(
        200,
        JSON.stringify({
          token: canaries.bearerToken,
          access_token: canaries.bearerToken,
          refresh_token: canaries.refreshToken,
          expires_in: 300,
        }),
      )
    }
    if (path.startsWith('/signed')) return send(403, errorBody(path, told))
    if (/\/v2\//.test(path) && request.headers.authorization === undefined) {
      const parameters =
        state.challenge === 'Basic' ? 'realm="here"' : `realm="${here}/token",service="s",scope="repository:app:pull"`
      return send(401, '{}', { 'www-authenticate': `${state.challenge} ${parameters}` })
    }
    // A HEAD has no answer to say anything in: whoever asks has to GET.
    if (request.method === 'HEAD' && path.includes('/manifests/')) return send(405, '')
    const signed = `${here}/signed?X-Amz-Signature=${canaries.signature}&sig=${canaries.signature}`
    switch (failure) {
      case 'refuses with 401':
        return send(401, errorBody(path, told), { 'www-authenticate': 'Basic realm="here"' })
      case 'fails with 500':
        return send(500, errorBody(path, told))
      case 'answers JSON that ends too early':
        return send(200, errorBody(path, told).slice(0, -3), {
          'content-type': 'application/vnd.oci.image.manifest.v1+json',
        })
      case 'redirects with a signature to a server that refuses':
        return send(307, '', { location: signed })
      case 'redirects to a file':
        return send(307, '', { location: `file:///${canaries.signature}?sig=${canaries.signature}` })
      case 'names an upload with a signature at a server that refuses':
        if (request.method === 'POST')
          return send(202, '', { location: `${signed}&_state=${canaries.uploadState}`, range: '0-0' })
        return send(404, '{}')
      case 'closes the connection':
        return request.socket.destroy()
      default:
        return send(403, errorBody(path, told))
    }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port // it listens on a port
  return Object.assign(state, {
    port,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  })
}

/** The login of Basic authentication, as it is meant. */
function plainLogin(request: IncomingMessage, header = 'authorization'): string {
  const [scheme, value = ''] = String(request.headers[header] ?? '').split(' ')
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : ''
}

/** In the form that whoever asks expects: a registry, Google, or S3 and Azure. */
function errorBody(path: string, told: string): string {
  const message = `you said ${told}`
  if (/\/v2\/|^\/signed/.test(path)) return JSON.stringify({ errors: [{ code: 'DENIED', message, detail: message }] })
  if (/^\/(token|storage|upload|download|b\/)/.test(path)) {
    return JSON.stringify({
      error: { code: 403, message, errors: [{ reason: 'forbidden', message }] },
      error_description: message,
    })
  }
  const text = message.replace(/[<&>]/g, character => `&#${character.charCodeAt(0)};`)
  return `<?xml version="1.0"?><Error><Code>Custom</Code><Message>${text}</Message><StringToSign>${text}</StringToSign></Error>`
}
