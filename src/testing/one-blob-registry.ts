import type { ServerResponse } from 'node:http'
import type { Node } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { type ScriptedRequest, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** A layer of so many bytes. */
export function layerOf(size: number): Node & { readonly content: Buffer } {
  const content = Buffer.alloc(size, 'lading')
  return { kind: 'layer', mediaType: 'x', digest: digestOf(content), size, content }
}

/** Answers a request in place of the registry, and then returns true. */
export type Quirk = (request: ScriptedRequest, response: ServerResponse) => boolean | Promise<boolean>

/** A registry that takes the upload of one blob at a time, under `/upload/1`, correct but for its quirk. */
export class OneBlobRegistry implements AsyncDisposable {
  /** `METHOD range bytes` of each body: `PATCH 0-9 10`, and `all` without a range. */
  bodies: string[] = []
  /** What the upload has. */
  received: Buffer = Buffer.alloc(0)
  stored: Digest | undefined
  readonly server: ScriptedServer

  private constructor(server: ScriptedServer) {
    this.server = server
  }

  static async start(quirk: Quirk): Promise<OneBlobRegistry> {
    const server = await startScriptedServer(async (request, response) => {
      if (!(await quirk(request, response))) await registry.#answer(request, response)
    })
    const registry = new OneBlobRegistry(server)
    return registry
  }

  /** The methods of all requests, in order. */
  get methods(): string {
    return this.server.log.map(line => line.split(' ')[0]).join(' ')
  }

  get range(): string {
    return `0-${Math.max(0, this.received.byteLength - 1)}`
  }

  async #answer(request: ScriptedRequest, response: ServerResponse): Promise<void> {
    const { method, path } = request
    const location = path.startsWith('/upload/') ? path : '/upload/1'
    const answer = (status: number, headers = {}, body?: string) => void response.writeHead(status, headers).end(body)
    if (path.includes('/blobs/sha')) return answer(this.stored === undefined ? 404 : 200)
    if (method === 'POST') {
      this.received = Buffer.alloc(0)
      return answer(202, { location })
    }
    if (method === 'DELETE') return answer(204)
    if (method === 'GET') return answer(204, { location, range: this.range })
    const body = await request.body()
    this.bodies.push(`${method} ${request.headers['content-range'] ?? 'all'} ${body.byteLength}`)
    this.received = Buffer.concat([this.received, body])
    if (method === 'PATCH') return answer(202, { location, range: this.range })
    const digest = digestOf(this.received)
    if (digest !== new URLSearchParams(request.query).get('digest'))
      return answer(400, {}, '{"errors":[{"code":"DIGEST_INVALID"}]}')
    this.stored = digest
    answer(201, { 'docker-content-digest': digest })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}
