import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type GcsAnswer, GcsRefusal, jsonAnswer, jsonRefusal, xmlRefusal } from './fake-gcs-answer.ts'
import { FakeGcsBucket } from './fake-gcs-bucket.ts'
import { type GcsCall, type GcsQuirks, needs } from './fake-gcs-call.ts'
import { selectFields } from './fake-gcs-fields.ts'
import { listObjects } from './fake-gcs-listing.ts'
import { answerObject, rewriteObject } from './fake-gcs-objects.ts'
import { answerUpload } from './fake-gcs-uploads.ts'
import { answerMultipart } from './fake-gcs-xml-multipart.ts'
import { close, listen } from './listen.ts'
import type { RecordedRequest } from './recorded-request.ts'

export interface FakeGcsOptions {
  /** Buckets that exist. Default: `bucket`. */
  readonly buckets?: readonly string[]
  /** Where there are any, a request bears one of them. Default: none, and nobody is asked. */
  readonly tokens?: readonly string[]
  readonly quirks?: Partial<GcsQuirks>
  /** Milliseconds since 1970. Default: the system's. */
  readonly now?: () => number
}

export interface FakeGcs extends AsyncDisposable {
  /** An origin: what STORAGE_EMULATOR_HOST and `--endpoint` take. */
  readonly url: string
  /** May be changed while it runs. */
  readonly quirks: GcsQuirks
  /** Tokens that are accepted. May be changed while it runs: with none left, nobody is asked. */
  readonly tokens: Set<string>
  /** Everything that was asked, in order of arrival. Set its `length` to 0 to count anew. */
  readonly requests: RecordedRequest[]
  bucket(name: string): FakeGcsBucket
}

/**
 * Google Cloud Storage in this process and its memory: what of its JSON and XML APIs lading uses, as strict as Google is where
 * that matters to a store. Google's own client and rclone are tested against it.
 *
 * @example
 * await using gcs = await startFakeGcs({ tokens: ['secret'], quirks: { rewriteBytesPerCall: 1024 * 1024 } })
 */
export async function startFakeGcs(options: FakeGcsOptions = {}): Promise<FakeGcs> {
  const { now = Date.now } = options
  const quirks: GcsQuirks = {
    fail: undefined,
    damage: undefined,
    millisecondsBetweenWrites: 0,
    rewriteBytesPerCall: Number.POSITIVE_INFINITY,
    denied: new Set(),
    requesterPays: false,
    noXml: false,
    ...options.quirks,
  }
  const tokens = new Set(options.tokens)
  const buckets = new Map((options.buckets ?? ['bucket']).map(name => [name, new FakeGcsBucket(now)]))
  const requests: RecordedRequest[] = []
  let origin = ''

  function bucket(name: string): FakeGcsBucket {
    const found = buckets.get(name)
    if (found !== undefined) return found
    throw new GcsRefusal(404, 'notFound', 'NoSuchBucket', 'The specified bucket does not exist.')
  }

  function checkCaller({ headers }: IncomingMessage, url: URL): void {
    // The id of a resumable upload is a key of its own: who has it needs no token.
    if (tokens.size > 0 && !url.searchParams.has('upload_id')) {
      const { authorization } = headers
      if (authorization === undefined) {
        const message = 'Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object.'
        throw new GcsRefusal(401, 'required', 'AuthenticationRequired', message)
      }
      if (!tokens.has(authorization.replace(/^Bearer /, '')))
        throw new GcsRefusal(401, 'authError', 'AuthenticationRequired', 'Invalid Credentials')
    }
    const pays = headers['x-goog-user-project'] !== undefined || url.searchParams.has('userProject')
    if (quirks.requesterPays && !pays) {
      const message = 'Bucket is a requester pays bucket but no user project provided.'
      throw new GcsRefusal(400, 'required', 'UserProjectMissing', message)
    }
  }

  function planned({ method, url }: { method: string; url: URL }): GcsAnswer | undefined {
    const { fail } = quirks
    if (fail === undefined || fail.times === 0 || (fail.method ?? method) !== method) return undefined
    if (fail.path !== undefined && !fail.path.test(url.pathname + url.search)) return undefined
    fail.times--
    return { status: fail.status }
  }

  async function answer(call: GcsCall): Promise<GcsAnswer> {
    const { method, url } = call
    const fault = planned(call)
    if (fault !== undefined) return fault
    checkCaller(call.request, url)
    const upload = /^(?:\/resumable)?\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname)
    if (upload !== null) return answerUpload(call, decodeURIComponent(upload[1] ?? ''))
    const json =
      /^(?:\/download)?\/storage\/v1\/b(?:\/([^/]+)(?:\/(o)(?:\/([^/]+)(?:\/rewriteTo\/b\/([^/]+)\/o\/([^/]+))?)?)?)?$/.exec(
        url.pathname,
      )
    if (json !== null) {
      const [name = '', objects, object, toBucket, toObject] = json
        .slice(1)
        .map(part => part && decodeURIComponent(part))
      if (objects === undefined) {
        needs(call, name === '' ? 'storage.buckets.list' : 'storage.buckets.get')
        return jsonAnswer(selectFields(name === '' ? bucketList() : bucketResource(name), call.query.get('fields')))
      }
      if (object === undefined && method === 'GET') return listObjects(call, name)
      if (object !== undefined && toBucket !== undefined && toObject !== undefined && method === 'POST')
        return rewriteObject(call, { bucket: name, name: object }, { bucket: toBucket, name: toObject })
      if (object !== undefined && toBucket === undefined && (method === 'GET' || method === 'DELETE'))
        return answerObject(call, name, object)
    }
    const xml = /^\/([^/]+)(?:\/(.*))?$/s.exec(url.pathname)
    if (json === null && xml !== null && !quirks.noXml)
      return answerMultipart(call, decodeURIComponent(xml[1] ?? ''), decodeURIComponent(xml[2] ?? ''))
    throw new GcsRefusal(404, 'notFound', 'NotFound', 'Not Found')
  }

  function damaged(body: Buffer, path: string): Buffer {
    const { damage } = quirks
    if (damage === undefined || damage.times === 0 || !damage.path.test(path)) return body
    damage.times--
    const at = Math.floor(body.length / 2)
    body[at] = (body[at] ?? 0) ^ 1
    return body
  }

  function bucketResource(name: string) {
    const { settings } = bucket(name)
    return { kind: 'storage#bucket', id: name, name, location: 'US', storageClass: 'STANDARD', ...settings }
  }

  function bucketList() {
    return { kind: 'storage#buckets', items: [...buckets.keys()].map(bucketResource) }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const record: RecordedRequest = { method, path, headers, status: undefined, requestBytes: 0, responseBytes: 0 }
    requests.push(record)
    const url = new URL(path, origin)
    const call = {
      request,
      method,
      url,
      query: url.searchParams,
      origin,
      quirks,
      bucket,
      body: async () => damaged(await readBody(request, record), path),
    }
    const {
      status,
      headers: answered = {},
      body = new Uint8Array(),
    } = await answer(call).catch(error => told(error, url))
    await readBody(request, record)
    record.status = status
    record.responseBytes = body.length
    const length = answered['transfer-encoding'] === undefined ? { 'content-length': body.length } : {}
    response.writeHead(status, { ...length, ...answered }).end(body)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  origin = `http://${await listen(server)}`
  return { url: origin, quirks, tokens, requests, bucket, [Symbol.asyncDispose]: () => close(server) }
}

function told(error: unknown, url: URL): GcsAnswer {
  if (!(error instanceof GcsRefusal)) throw error
  const { status, reason, code, message } = error
  const isJson = /^\/(download\/|upload\/|resumable\/upload\/)?storage\/v1\//.test(url.pathname)
  return isJson ? jsonRefusal(status, reason, message) : xmlRefusal(status, code, message)
}

async function readBody(request: IncomingMessage, record: RecordedRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) {
    record.requestBytes += chunk.length
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
