import { randomUUID } from 'node:crypto'
import { type GcsAnswer, GcsRefusal, jsonAnswer } from './fake-gcs-answer.ts'
import {
  checkObjectName,
  type FakeGcsBucket,
  type FakeSession,
  type NewObject,
  type Preconditions,
} from './fake-gcs-bucket.ts'
import { type GcsCall, needs, preconditions } from './fake-gcs-call.ts'
import { checkStated } from './fake-gcs-checksum.ts'
import { selectFields } from './fake-gcs-fields.ts'
import { parseMultipartRelated } from './fake-gcs-multipart-related.ts'
import { resourceOf } from './fake-gcs-objects.ts'

/** All chunks of a resumable upload but its last are multiples of this. */
const chunkUnit = 256 * 1024

interface Resource {
  readonly name?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly metadata?: Record<string, string>
  readonly md5Hash?: string
  readonly crc32c?: string
}

/** `/upload/storage/v1/b/BUCKET/o`: an object in one request, or a resumable upload. */
export async function answerUpload(call: GcsCall, bucketName: string): Promise<GcsAnswer> {
  const { method, query } = call
  const bucket = call.bucket(bucketName)
  const id = query.get('upload_id')
  if (id !== null) return continueSession(call, bucketName, bucket, id)
  if (method !== 'POST') throw new GcsRefusal(400, 'badRequest', 'InvalidArgument', 'An upload begins with POST.')
  needs(call, 'storage.objects.create')
  const type = query.get('uploadType')
  if (type === 'resumable') return startSession(call, bucketName, bucket)
  const [resource, content, contentType] = await readUpload(call, type)
  const object = newObject(call, resource, contentType)
  return store(call, bucketName, bucket, { object, content, stated: resource, conditions: preconditions(call) })
}

async function readUpload(call: GcsCall, type: string | null): Promise<[Resource, Buffer, string | undefined]> {
  const contentType = call.request.headers['content-type']
  const body = await call.body()
  if (type === 'media') return [{}, body, contentType]
  if (type !== 'multipart') throw new GcsRefusal(400, 'invalid', 'InvalidArgument', `Invalid upload type ${type}`)
  const parts = parseMultipartRelated(contentType ?? '', body)
  const [resource, media] = parts ?? []
  if (resource === undefined || media === undefined)
    throw new GcsRefusal(400, 'badContent', 'MalformedBody', 'Malformed multipart body.')
  return [parseResource(resource.content), media.content, media.contentType]
}

function parseResource(content: Buffer): Resource {
  try {
    return content.length === 0 ? {} : JSON.parse(content.toString())
  } catch {
    throw new GcsRefusal(400, 'parseError', 'MalformedBody', 'Parse Error')
  }
}

function newObject(
  { query }: GcsCall,
  resource: Resource,
  contentType: string | undefined,
): Omit<NewObject, 'content'> {
  const name = query.get('name') ?? resource.name ?? ''
  checkObjectName(name)
  return {
    name,
    contentType: resource.contentType ?? contentType,
    contentEncoding: resource.contentEncoding ?? query.get('contentEncoding') ?? undefined,
    metadata: resource.metadata,
  }
}

interface Upload {
  readonly object: Omit<NewObject, 'content'>
  readonly content: Buffer
  readonly stated: { readonly md5Hash?: string; readonly crc32c?: string }
  readonly conditions: Preconditions
}

function store(call: GcsCall, bucketName: string, bucket: FakeGcsBucket, upload: Upload): GcsAnswer {
  const { object, content, stated, conditions } = upload
  checkStated(stated, content)
  bucket.checkConditions(object.name, conditions)
  bucket.limitRate(object.name, call.quirks.millisecondsBetweenWrites)
  const stored = bucket.put({ ...object, content })
  return jsonAnswer(selectFields(resourceOf(call, bucketName, stored), call.query.get('fields')))
}

async function startSession(call: GcsCall, bucketName: string, bucket: FakeGcsBucket): Promise<GcsAnswer> {
  const resource = parseResource(await call.body())
  const type = call.request.headers['x-upload-content-type']
  const object = newObject(call, resource, typeof type === 'string' ? type : undefined)
  const conditions = preconditions(call)
  bucket.checkConditions(object.name, conditions)
  const id = randomUUID()
  bucket.sessions.set(id, { object, stated: resource, conditions, chunks: [], size: 0, finished: undefined })
  const location = `${call.origin}/upload/storage/v1/b/${encodeURIComponent(bucketName)}/o?uploadType=resumable&upload_id=${id}`
  return { status: 200, headers: { location, 'x-guploader-uploadid': id } }
}

async function continueSession(
  call: GcsCall,
  bucketName: string,
  bucket: FakeGcsBucket,
  id: string,
): Promise<GcsAnswer> {
  const session = bucket.sessions.get(id)
  if (session === undefined) throw new GcsRefusal(404, 'notFound', 'NoSuchUpload', 'No such upload session.')
  if (call.method === 'DELETE') {
    bucket.sessions.delete(id)
    return { status: 499 }
  }
  if (session.finished !== undefined) return jsonAnswer(resourceOf(call, bucketName, session.finished))
  const chunk = await call.body()
  const asked = call.request.headers['content-range'] ?? `bytes 0-${chunk.length - 1}/${chunk.length}`
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(asked)
  if (match === null) throw new GcsRefusal(400, 'badRequest', 'InvalidArgument', `Invalid Content-Range: ${asked}`)
  const [, first, last, total] = match
  if (first === undefined) {
    const complete = total !== '*' && Number(total) === session.size
    return complete ? finish(call, bucketName, bucket, session) : progress(call, session)
  }
  if (Number(last) - Number(first) + 1 !== chunk.length)
    throw new GcsRefusal(400, 'badRequest', 'InvalidArgument', 'The body is not as long as its Content-Range.')
  if (Number(first) !== session.size) return progress(call, session)
  const isLast = total !== '*' && Number(total) === Number(last) + 1
  if (!isLast && chunk.length % chunkUnit !== 0)
    throw new GcsRefusal(400, 'badRequest', 'InvalidArgument', 'A chunk is a multiple of 256 KiB.')
  session.chunks.push(chunk)
  session.size += chunk.length
  return isLast ? finish(call, bucketName, bucket, session) : progress(call, session)
}

/** 308 is no redirect here. To clients that would take it for one it is told in a header: Google's for Go ask for that. */
function progress({ request }: GcsCall, { size }: FakeSession): GcsAnswer {
  const range: Record<string, string> = size === 0 ? {} : { range: `bytes=0-${size - 1}` }
  return request.headers['x-guploader-no-308'] === 'yes'
    ? { status: 200, headers: { ...range, 'x-http-status-code-override': '308' } }
    : { status: 308, headers: range }
}

function finish(call: GcsCall, bucketName: string, bucket: FakeGcsBucket, session: FakeSession): GcsAnswer {
  const answer = store(call, bucketName, bucket, { ...session, content: Buffer.concat(session.chunks) })
  session.finished = bucket.objects.get(session.object.name)
  session.chunks.length = 0
  return answer
}
