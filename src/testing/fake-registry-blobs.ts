import { gzipSync } from 'node:zlib'
import { type Digest, isDigest } from '../model/digest.ts'
import { type Answer, type Call, refuse } from './fake-registry-answer.ts'

/** `GET`, `HEAD` and `DELETE /v2/NAME/blobs/DIGEST`. */
export function answerBlob(call: Call, reference: string): Answer {
  if (!isDigest(reference)) return refuse(400, 'DIGEST_INVALID', 'not a digest')
  const bytes = call.repository.blobs.get(reference)
  if (bytes === undefined) return refuse(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
  if (call.method === 'DELETE') {
    call.repository.blobs.delete(reference)
    return { status: 202 }
  }
  if (call.method === 'GET' && call.quirks.redirectsBlobs) {
    const location = `${call.origins.other}/content/${call.name}/${reference}?signature=secret`
    return { status: 307, headers: { location } }
  }
  return content(call, reference, bytes)
}

/** What a redirect led to. As S3 does, it refuses a signed URL that comes with another authorization. */
export function answerContent(call: Call, reference: string): Answer {
  const bytes = isDigest(reference) ? call.repository.blobs.get(reference) : undefined
  if (call.request.headers.authorization !== undefined) return { status: 400 }
  if (call.url.searchParams.get('signature') !== 'secret') return { status: 403 }
  return bytes === undefined ? { status: 404 } : content(call, reference as Digest, bytes)
}

function content({ request, quirks }: Call, digest: Digest, bytes: Uint8Array): Answer {
  const headers = { 'content-type': 'application/octet-stream', 'docker-content-digest': digest, etag: `"${digest}"` }
  if (quirks.compressesBlobs && request.headers['accept-encoding'] !== 'identity') {
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(bytes) }
  }
  const range = quirks.ignoresRange ? undefined : /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (!range) return { status: 200, headers: { ...headers, 'accept-ranges': 'bytes' }, body: bytes }
  const [, first = '', last = ''] = range
  const start = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length)
  if (start >= end) {
    const unsatisfied = { 'content-range': `bytes */${bytes.length}` }
    return refuse(416, 'RANGE_INVALID', 'range not satisfiable', unsatisfied)
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` },
    body: bytes.subarray(start, end),
  }
}
