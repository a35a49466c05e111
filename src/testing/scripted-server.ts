import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request as the script sees it. */
export interface ScriptedRequest {
  readonly method: string
  /** The path without the query. */
  readonly path: string
  /** The query as it was sent. */
  readonly query: string
  readonly headers: IncomingMessage['headers']
  /** Every byte of the body. */
  body(): Promise<Buffer>
  readonly raw: IncomingMessage
}

export interface ScriptedServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly origin: string
  /** `METHOD /path?query` of every request, in order. */
  readonly log: string[]
  readonly requests: ScriptedRequest[]
}

export type Script = (request: ScriptedRequest, response: ServerResponse) => void | Promise<void>

/** An HTTP server on a free port of 127.0.0.1 that does what a test tells it, however wrong. A script that throws answers 599. */
export async function startScriptedServer(
  script: Script,
  tls?: { readonly key: string; readonly cert: string },
): Promise<ScriptedServer> {
  const log: string[] = []
  const requests: ScriptedRequest[] = []
  const listener = async (raw: IncomingMessage, response: ServerResponse) => {
    const request = scriptedRequest(raw)
    log.push(`${request.method} ${raw.url}`)
    requests.push(request)
    try {
      await script(request, response)
    } catch (error) {
      if (!response.headersSent) response.writeHead(599)
      response.end(String(error))
    }
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}` // an object for every TCP server
  return {
    host,
    origin: `${tls === undefined ? 'http' : 'https'}://${host}`,
    log,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function scriptedRequest(raw: IncomingMessage): ScriptedRequest {
  const [path = '', ...query] = (raw.url ?? '').split('?')
  return {
    method: raw.method ?? '',
    path,
    query: query.join('?'),
    headers: raw.headers,
    async body() {
      const chunks: Buffer[] = []
      for await (const chunk of raw) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    raw,
  }
}
