import { randomUUID } from 'node:crypto'
import { type Digest, digestOf, digestParts, isDigest } from '../model/digest.ts'
import { type Answer, type Call, refuse } from './fake-registry-answer.ts'

/** `POST /v2/NAME/blobs/uploads/`: a mount, a blob in one request, or the start of an upload. */
export async function startUpload(call: Call): Promise<Answer> {
  const { url, quirks, repository } = call
  const mount = url.searchParams.get('mount')
  const digest = url.searchParams.get('digest')
  if (mount !== null && isDigest(mount) && !quirks.refusesMounts) {
    const bytes = call.other(url.searchParams.get('from') ?? '')?.blobs.get(mount)
    if (bytes !== undefined) {
      repository.blobs.set(mount, bytes)
      return created(call, mount)
    }
  }
  if (digest !== null && !quirks.ignoresPostDigest) {
    const bytes = await call.body(quirks.maxBodyBytes)
    return bytes === undefined ? tooLarge() : keep(call, digest, bytes)
  }
  const id = randomUUID()
  repository.uploads.set(id, { chunks: [], size: 0, state: randomUUID() })
  return progress(call, id, 202)
}

/** What continues, asks about, finishes or gives up an upload. Its URL MUST be the last one that was answered. */
export async function continueUpload(call: Call, id: string): Promise<Answer> {
  const { method, repository, url, quirks } = call
  const upload = repository.uploads.get(id)
  if (upload === undefined || upload.state !== url.searchParams.get('_state')) {
    return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
  }
  if (method === 'GET') return progress(call, id, 204)
  if (method === 'DELETE') {
    repository.uploads.delete(id)
    return { status: 204 }
  }
  const range = /^(\d+)-(\d+)$/.exec(call.request.headers['content-range'] ?? '')
  if (range && Number(range[1]) !== upload.size) return progress(call, id, 416)
  const take = (received: Uint8Array) => {
    upload.chunks.push(received)
    upload.size += received.length
  }
  const chunk = await call.body(quirks.maxBodyBytes, quirks.keepsBrokenChunks && method === 'PATCH' ? take : undefined)
  if (chunk === undefined) return tooLarge()
  if (range && Number(range[2]) - Number(range[1]) + 1 !== chunk.length) {
    return refuse(400, 'SIZE_INVALID', 'the chunk is not as long as its Content-Range')
  }
  if (method === 'PATCH') {
    take(chunk)
    upload.state = randomUUID()
    return progress(call, id, 202)
  }
  const answer = keep(call, url.searchParams.get('digest') ?? '', Buffer.concat([...upload.chunks, chunk]))
  if (answer.status === 201) repository.uploads.delete(id)
  return answer
}

function keep(call: Call, digest: string, bytes: Uint8Array): Answer {
  if (!isDigest(digest)) return refuse(400, 'DIGEST_INVALID', 'not a digest')
  const actual = digestOf(bytes, digestParts(digest).algorithm)
  if (actual !== digest) return refuse(400, 'DIGEST_INVALID', `the content is ${actual}`)
  call.repository.blobs.set(digest, bytes)
  return created(call, digest)
}

function created({ name }: Call, digest: Digest): Answer {
  return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest } }
}

function tooLarge(): Answer {
  return refuse(413, 'SIZE_INVALID', 'the request is too large')
}

/** How far the upload is, and where it goes on. */
function progress({ repository, quirks, origins, name }: Call, id: string, status: number): Answer {
  const { size = 0, state = '' } = repository.uploads.get(id) ?? {}
  const origin = { relative: '', absolute: origins.own, 'other-origin': origins.other }[quirks.uploadLocation]
  return {
    status,
    headers: {
      location: `${origin}/v2/${name}/blobs/uploads/${id}?_state=${state}`,
      'docker-upload-uuid': id,
      ...(size > 0 ? { range: `0-${size - 1}` } : quirks.emptyRange ? { range: '0-0' } : {}),
    },
  }
}
