// A registry with one image of one large layer, which is made while it is read, and which takes every push and keeps nothing of it:
// `node endless-registry.ts BYTES` prints where it listens. A process of its own, so that its memory is nobody else's.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { digestOf } from '../src/model/digest.ts'
import { ociConfig, ociLayer, ociManifest } from '../src/model/media-types.ts'
import { listen } from '../src/testing/listen.ts'

const bytes = Number(process.argv[2])
const block = createBlock(1024 * 1024)

/** Random in form, and the same every time. */
function createBlock(size: number): Buffer {
  const pieces = Array.from({ length: size / 32 }, (_, at) => createHash('sha256').update(String(at)).digest())
  return Buffer.concat(pieces)
}

/** The bytes from `start` up to `end`. */
function* layerContent(start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = block.subarray(at % block.byteLength).subarray(0, end - at)
    at += piece.byteLength
    yield piece
  }
}

function layerDigest(): `sha256:${string}` {
  const hash = createHash('sha256')
  for (const piece of layerContent(0, bytes)) hash.update(piece)
  return `sha256:${hash.digest('hex')}`
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value))
const layer = layerDigest()
const rootfs = { type: 'layers', diff_ids: [layer] }
const config = encode({ os: 'linux', architecture: 'amd64', config: {}, rootfs })
const manifest = encode({
  schemaVersion: 2,
  mediaType: ociManifest,
  config: { mediaType: ociConfig, digest: digestOf(config), size: config.byteLength },
  layers: [{ mediaType: ociLayer, digest: layer, size: bytes }],
})
const manifestDigest = digestOf(manifest)

/** How much of each upload has come. */
const uploads = new Map<string, number>()
const pushed = new Set<string>()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://any')
  const [, repository = '', kind = '', name = ''] =
    /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(pathname) ?? []
  const reply = (status: number, headers: Record<string, string | number> = {}) => {
    response.writeHead(status, headers)
    return response
  }
  const isSource = repository === 'source'
  if (pathname === '/v2/') return void reply(200).end()
  if (kind === 'blobs/uploads') {
    const location = `/v2/${repository}/blobs/uploads/${request.method === 'POST' ? uploads.size : name}`
    const before = uploads.get(location) ?? 0
    let received = before
    for await (const chunk of request) received += chunk.length
    uploads.set(location, received)
    const range = `0-${Math.max(0, received - 1)}`
    if (request.method !== 'PUT') return void reply(request.method === 'GET' ? 204 : 202, { location, range }).end()
    // Its digest is not looked at, which would be work; but whether all of it came is.
    const digest = searchParams.get('digest') ?? ''
    if (received !== (digest === layer ? bytes : config.byteLength)) return void reply(400).end()
    pushed.add(digest)
    return void reply(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest }).end()
  }
  if (kind === 'manifests' && request.method === 'PUT') {
    for await (const _ of request);
    return void reply(201, { 'docker-content-digest': manifestDigest }).end()
  }
  const body = !isSource ? undefined : kind === 'manifests' ? manifest : name === layer ? undefined : config
  if (body !== undefined) {
    const type = kind === 'manifests' ? ociManifest : 'application/octet-stream'
    const digest = digestOf(body)
    const sent = reply(200, {
      'content-type': type,
      'content-length': body.byteLength,
      'docker-content-digest': digest,
    })
    return void sent.end(request.method === 'HEAD' ? undefined : body)
  }
  if (!isSource || kind !== 'blobs') return void reply(404, { 'content-length': 0 }).end()
  await sendLayer(request, response)
}

async function sendLayer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  const end = range?.[2] ? Math.min(bytes, Number(range[2]) + 1) : bytes
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': end - start,
    'accept-ranges': 'bytes',
    'docker-content-digest': layer,
    ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${bytes}` } : {}),
  })
  if (request.method === 'HEAD') return void response.end()
  for (const piece of layerContent(start, end)) {
    if (response.destroyed) return
    if (!response.write(piece)) await new Promise<void>(resolve => wake(response, resolve))
  }
  response.end()
}

function wake(response: ServerResponse, resolve: () => void): void {
  const done = () => {
    response.off('drain', done)
    response.off('close', done)
    resolve()
  }
  response.on('drain', done)
  response.on('close', done)
}

const server = createServer({ requestTimeout: 0 }, (request, response) => {
  answer(request, response).catch(() => response.destroy())
})
process.stdout.write(`listens on ${await listen(server)} with ${layer.slice(7)}\n`)
