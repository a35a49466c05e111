import { type S3Answer, type S3Call, S3Refusal, xml } from './fake-s3-answer.ts'
import type { FakeBucket, FakeObject, ObjectTraits } from './fake-s3-bucket.ts'
import { checkPermission, type S3Quirks } from './fake-s3-quirks.ts'

/** What an operation works on. */
export interface S3Operation {
  readonly call: S3Call
  readonly bucket: FakeBucket
  readonly quirks: S3Quirks
  /** Of the same server. @throws S3Refusal NoSuchBucket */
  bucketOf(name: string): FakeBucket
}

export function putObject({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:PutObject')
  const traits = traitsOf(call, quirks)
  checkWriteConditions(call, bucket.objects.get(call.key), quirks)
  const { etag } = bucket.put(call.key, call.body, traits)
  return { status: 200, headers: { etag: `"${etag}"`, ...traits.encryption } }
}

export function copyObject(operation: S3Operation): S3Answer {
  const { call, bucket, quirks } = operation
  checkPermission(quirks, 's3:PutObject')
  const source = sourceOf(operation)
  const { etag, modified } = bucket.put(call.key, source.content, {
    ...traitsOf(call, quirks),
    metadata: source.metadata,
  })
  return xml(200, 'CopyObjectResult', { ETag: `"${etag}"`, LastModified: modified.toISOString() })
}

/** The object that `x-amz-copy-source` names. */
export function sourceOf(operation: S3Operation): FakeObject {
  const { call, quirks } = operation
  if (quirks.refusesCopies)
    throw new S3Refusal(501, 'NotImplemented', 'A header you provided implies what is not implemented')
  const [name = '', ...key] = decodeURIComponent(String(call.headers['x-amz-copy-source']))
    .replace(/^\//, '')
    .split('/')
  return readable(operation.bucketOf(name), key.join('/'), quirks)
}

export function getObject({ call, bucket, quirks }: S3Operation): S3Answer {
  const object = readable(bucket, call.key, quirks)
  const { headers } = call
  if (headers['if-match'] !== undefined && bare(headers['if-match']) !== object.etag)
    throw preconditionFailed('If-Match')
  if (headers['if-none-match'] !== undefined && bare(headers['if-none-match']) === object.etag) return { status: 304 }
  const range = rangeOf(headers.range, object.content.length)
  const content = range === undefined ? object.content : object.content.subarray(range.start, range.end)
  const contentRange = range && { 'content-range': `bytes ${range.start}-${range.end - 1}/${object.content.length}` }
  return { status: range === undefined ? 200 : 206, headers: { ...headersOf(object), ...contentRange }, body: content }
}

export function deleteObject({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:DeleteObject')
  const object = bucket.objects.get(call.key)
  if (object !== undefined) checkWriteConditions(call, object, quirks)
  bucket.objects.delete(call.key)
  return { status: 204 }
}

/** @throws S3Refusal where a condition of a write does not hold, in one of the ways in which servers say so */
export function checkWriteConditions({ headers }: S3Call, object: FakeObject | undefined, quirks: S3Quirks): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  if ((ifMatch ?? ifNoneMatch) === undefined || quirks.conditions === 'ignored') return
  if (quirks.conditions === 'refused')
    throw new S3Refusal(501, 'NotImplemented', 'A header you provided is not implemented')
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw new S3Refusal(501, 'NotImplemented', 'only * is implemented')
  if (ifNoneMatch !== undefined && object !== undefined) throw lostRace('If-None-Match', quirks)
  if (ifMatch === undefined) return
  if (object === undefined) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.')
  const expected = quirks.etagsInConditions === 'quoted' ? `"${object.etag}"` : object.etag
  if (bare(ifMatch) !== object.etag) throw lostRace('If-Match', quirks)
  if (ifMatch !== expected) throw preconditionFailed('If-Match')
}

export function traitsOf({ headers }: S3Call, { storageClasses }: S3Quirks): ObjectTraits {
  const named = (start: string) =>
    Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (name.startsWith(start) ? [[name, String(value)]] : [])),
    )
  const storageClass = String(headers['x-amz-storage-class'] ?? 'STANDARD')
  if (storageClass !== 'STANDARD' && !storageClasses.includes(storageClass)) {
    throw new S3Refusal(400, 'InvalidStorageClass', 'The storage class you specified is not valid')
  }
  return { storageClass, metadata: named('x-amz-meta-'), encryption: named('x-amz-server-side-encryption') }
}

/** `bytes=A-B`, `bytes=A-`, `bytes=-N`: the first byte and the last plus one. */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first, last] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (start >= end) throw new S3Refusal(416, 'InvalidRange', 'The requested range is not satisfiable')
  return { start, end }
}

function readable(bucket: FakeBucket, key: string, quirks: S3Quirks): FakeObject {
  checkPermission(quirks, 's3:GetObject')
  const object = bucket.objects.get(key)
  if (object === undefined && !quirks.mayList) throw new S3Refusal(403, 'AccessDenied', 'Access Denied')
  if (object === undefined) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.')
  if (quirks.archived.includes(key)) {
    throw new S3Refusal(403, 'InvalidObjectState', "The operation is not valid for the object's storage class")
  }
  return object
}

function headersOf({ etag, modified, storageClass, metadata, encryption }: FakeObject): Record<string, string> {
  return {
    etag: `"${etag}"`,
    'last-modified': modified.toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': 'binary/octet-stream',
    ...(storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': storageClass }),
    ...metadata,
    ...encryption,
  }
}

function bare(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1')
}

function preconditionFailed(condition: string): S3Refusal {
  const message = 'At least one of the pre-conditions you specified did not hold'
  return new S3Refusal(412, 'PreconditionFailed', message, { fields: { Condition: condition } })
}

function lostRace(condition: string, { lostRaceStatus }: S3Quirks): S3Refusal {
  if (lostRaceStatus === 409)
    return new S3Refusal(409, 'ConditionalRequestConflict', 'A conflicting operation is under way')
  if (lostRaceStatus === 500) return new S3Refusal(500, 'UnknownError', '')
  return preconditionFailed(condition)
}
