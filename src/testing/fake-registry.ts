import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Answer, type Call, jsonBytes, refuse } from './fake-registry-answer.ts'
import { type FakeAuth, FakeAuthority } from './fake-registry-auth.ts'
import { noQuirks, type RegistryQuirks } from './fake-registry-quirks.ts'
import { FakeRepository } from './fake-registry-repository.ts'
import { findRoute, isRepositoryName, needsOf, quirkyAnswer } from './fake-registry-routes.ts'
import { close, listen } from './listen.ts'
import type { RecordedRequest } from './recorded-request.ts'

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly url: string
  /** Where `redirectsBlobs` and `uploadLocation: 'other-origin'` lead. */
  readonly otherUrl: string
  /** May be changed while it runs. */
  readonly quirks: RegistryQuirks
  /** Everything that was asked, in order of arrival. Set its `length` to 0 to count anew. */
  readonly requests: RecordedRequest[]
  /** What is held under a name, made where it is not. */
  repository(name: string): FakeRepository
  /** Every token that was given out is refused from now on. */
  revokeTokens(): void
}

/**
 * A registry in this process and its memory, after the OCI distribution specification 1.1, on a free port of the loopback
 * interface. It is strict where registries differ, and does worse where a quirk says so.
 *
 * @example
 * await using registry = await startFakeRegistry({ auth: 'token', quirks: { ignoresRange: true } })
 */
export async function startFakeRegistry(
  options: { readonly auth?: FakeAuth; readonly quirks?: Partial<RegistryQuirks> } = {},
): Promise<FakeRegistry> {
  const quirks: RegistryQuirks = { ...noQuirks, ...options.quirks }
  const authority = new FakeAuthority(options.auth ?? 'none', quirks)
  const repositories = new Map<string, FakeRepository>()
  const requests: RecordedRequest[] = []
  const origins = { own: '', other: '' }

  function repository(name: string): FakeRepository {
    const found = repositories.get(name) ?? new FakeRepository()
    repositories.set(name, found)
    return found
  }

  async function answer(request: IncomingMessage, record: RecordedRequest, isOther: boolean): Promise<Answer> {
    const { method } = record
    const url = new URL(record.path, origins.own)
    const body: Call['body'] = (limit, broken) => readBody(request, record, limit, broken)
    if (quirks.tooManyRequests && quirks.tooManyRequests.times > 0) {
      quirks.tooManyRequests.times--
      return refuse(429, 'TOOMANYREQUESTS', 'slow down', { 'retry-after': quirks.tooManyRequests.retryAfter })
    }
    if (url.pathname === '/token') {
      return authority.token(
        request,
        url.searchParams,
        new URLSearchParams(Buffer.from((await body()) ?? '').toString()),
      )
    }
    // Where it was reached: by a proxy that keeps the host, that is the proxy.
    const realm = `http://${request.headers.host ?? new URL(origins.own).host}/token`
    if (url.pathname === '/v2/') return authority.refusal(request, [], realm) ?? { status: 200, body: jsonBytes({}) }
    const route = findRoute(url.pathname)
    if (route === undefined) return refuse(404, 'NOT_FOUND', 'page not found')
    if (!isRepositoryName(route.name)) return refuse(400, 'NAME_INVALID', 'invalid repository name')
    if (!route.methods.includes(method)) return refuse(405, 'UNSUPPORTED', `${method} is not supported here`)
    const refused = isOther ? undefined : authority.refusal(request, needsOf(route.name, method, url), realm)
    if (refused !== undefined) return refused
    const other = (name: string) => repositories.get(name)
    const call: Call = {
      request,
      method,
      url,
      name: route.name,
      repository: repository(route.name),
      other,
      quirks,
      origins,
      body,
    }
    return quirkyAnswer(route, call) ?? route.answer(call, route.reference)
  }

  async function serve(request: IncomingMessage, response: ServerResponse, isOther: boolean): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const record: RecordedRequest = { method, path, headers, status: undefined, requestBytes: 0, responseBytes: 0 }
    requests.push(record)
    const { status, headers: answered = {}, body = new Uint8Array() } = await answer(request, record, isOther)
    record.status = status
    const isHead = method === 'HEAD'
    record.responseBytes = isHead ? 0 : body.length
    const length = isHead && quirks.headWithoutLength ? {} : { 'content-length': body.length }
    response.writeHead(status, { 'docker-distribution-api-version': 'registry/2.0', ...length, ...answered })
    response.end(isHead ? undefined : body)
    request.resume()
  }

  const servers = [false, true].map(isOther =>
    createServer((request, response) => {
      serve(request, response, isOther).catch(() => response.destroy())
    }),
  )
  const [own = '', other = ''] = await Promise.all(servers.map(listen))
  Object.assign(origins, { own: `http://${own}`, other: `http://${other}` })
  return {
    host: own,
    url: origins.own,
    otherUrl: origins.other,
    quirks,
    requests,
    repository,
    revokeTokens: () => authority.revokeTokens(),
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map(close))),
  }
}

async function readBody(
  request: IncomingMessage,
  record: RecordedRequest,
  limit = Number.POSITIVE_INFINITY,
  broken: (received: Uint8Array) => void = () => {},
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      record.requestBytes += chunk.length
      if (record.requestBytes <= limit) chunks.push(chunk)
    }
  } catch (error) {
    if (record.requestBytes <= limit) broken(Buffer.concat(chunks))
    throw error
  }
  return record.requestBytes > limit ? undefined : Buffer.concat(chunks)
}
