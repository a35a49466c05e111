import { randomUUID } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { type GcsAnswer, GcsRefusal, jsonAnswer } from './fake-gcs-answer.ts'
import type { FakeGcsObject } from './fake-gcs-bucket.ts'
import { type GcsCall, needs, objectOf, preconditions } from './fake-gcs-call.ts'
import { selectFields } from './fake-gcs-fields.ts'

/** An object as the JSON API describes it. Numbers of 64 bits are strings there. */
export function resourceOf(
  { origin }: Pick<GcsCall, 'origin'>,
  bucket: string,
  object: FakeGcsObject,
): Record<string, unknown> {
  const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(object.name)}`
  return {
    kind: 'storage#object',
    id: `${bucket}/${object.name}/${object.generation}`,
    selfLink: `${origin}${path}`,
    mediaLink: `${origin}/download${path}?generation=${object.generation}&alt=media`,
    name: object.name,
    bucket,
    generation: object.generation,
    metageneration: '1',
    contentType: object.contentType,
    ...(object.contentEncoding === undefined ? {} : { contentEncoding: object.contentEncoding }),
    storageClass: 'STANDARD',
    size: String(object.content.length),
    ...(object.md5 === undefined ? {} : { md5Hash: object.md5.toString('base64') }),
    crc32c: object.crc32c,
    etag: `etag-${object.generation}`,
    timeCreated: object.updated.toISOString(),
    updated: object.updated.toISOString(),
    ...(Object.keys(object.metadata).length === 0 ? {} : { metadata: object.metadata }),
  }
}

/** `GET` and `DELETE /storage/v1/b/BUCKET/o/OBJECT` */
export function answerObject(call: GcsCall, bucketName: string, name: string): GcsAnswer {
  const { method, query, quirks } = call
  const bucket = call.bucket(bucketName)
  needs(call, method === 'DELETE' ? 'storage.objects.delete' : 'storage.objects.get')
  const object = objectOf(bucketName, bucket, name)
  bucket.checkConditions(name, preconditions(call))
  if (method === 'DELETE') {
    bucket.limitRate(name, quirks.millisecondsBetweenWrites)
    bucket.delete(name)
    return { status: 204 }
  }
  if (query.get('alt') === 'media') return mediaOf(call, object)
  return jsonAnswer(selectFields(resourceOf(call, bucketName, object), query.get('fields')))
}

function mediaOf({ request }: GcsCall, object: FakeGcsObject): GcsAnswer {
  const headers = {
    'content-type': object.contentType,
    'last-modified': object.updated.toUTCString(),
    etag: `"etag-${object.generation}"`,
    'x-goog-generation': object.generation,
    'x-goog-metageneration': '1',
    'x-goog-storage-class': 'STANDARD',
    'x-goog-stored-content-length': String(object.content.length),
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-hash': `crc32c=${object.crc32c}${object.md5 === undefined ? '' : `,md5=${object.md5.toString('base64')}`}`,
  }
  const gzip = object.contentEncoding === 'gzip'
  if (gzip && !/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    // "Decompressive transcoding": a range of such an object is ignored, and its length is not known.
    return { status: 200, headers: { ...headers, 'transfer-encoding': 'chunked' }, body: gunzipSync(object.content) }
  }
  const encoding = gzip ? { 'content-encoding': 'gzip' } : {}
  const size = object.content.length
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (asked === null) return { status: 200, headers: { ...headers, ...encoding }, body: object.content }
  const start = Number(asked[1])
  const end = asked[2] === '' ? size : Math.min(size, Number(asked[2]) + 1)
  if (start >= size)
    throw new GcsRefusal(416, 'requestedRangeNotSatisfiable', 'InvalidRange', 'Request range not satisfiable')
  const range = { 'content-range': `bytes ${start}-${end - 1}/${size}` }
  return { status: 206, headers: { ...headers, ...encoding, ...range }, body: object.content.subarray(start, end) }
}

/** `POST …/rewriteTo/b/BUCKET/o/OBJECT`: at most so many bytes a call, each naming the token of the one before. */
export function rewriteObject(
  call: GcsCall,
  from: { readonly bucket: string; readonly name: string },
  to: { readonly bucket: string; readonly name: string },
): GcsAnswer {
  const { query, quirks } = call
  const source = objectOf(from.bucket, call.bucket(from.bucket), from.name)
  const bucket = call.bucket(to.bucket)
  needs(call, 'storage.objects.create')
  const ifSource = query.get('ifSourceGenerationMatch')
  if (ifSource !== null && ifSource !== source.generation)
    throw new GcsRefusal(412, 'conditionNotMet', 'PreconditionFailed', 'The source is of another generation.')
  bucket.checkConditions(to.name, preconditions(call))
  const asked = query.get('rewriteToken')
  const token = asked ?? randomUUID()
  const rewrite = asked === null ? { source, rewritten: 0 } : bucket.rewrites.get(asked)
  if (rewrite === undefined || rewrite.source !== source)
    throw new GcsRefusal(400, 'invalid', 'InvalidArgument', 'The rewrite token is not valid for this request.')
  rewrite.rewritten = Math.min(source.content.length, rewrite.rewritten + quirks.rewriteBytesPerCall)
  const progress = {
    kind: 'storage#rewriteResponse',
    totalBytesRewritten: String(rewrite.rewritten),
    objectSize: String(source.content.length),
  }
  if (rewrite.rewritten < source.content.length) {
    bucket.rewrites.set(token, rewrite)
    return jsonAnswer(selectFields({ ...progress, done: false, rewriteToken: token }, query.get('fields')))
  }
  bucket.limitRate(to.name, quirks.millisecondsBetweenWrites)
  bucket.rewrites.delete(token)
  const { content, contentType, contentEncoding, metadata, md5 } = source
  const object = bucket.put({
    name: to.name,
    content,
    contentType,
    contentEncoding,
    metadata,
    composite: md5 === undefined,
  })
  const resource = resourceOf(call, to.bucket, object)
  return jsonAnswer(selectFields({ ...progress, done: true, resource }, query.get('fields')))
}
