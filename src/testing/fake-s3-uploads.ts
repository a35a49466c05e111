import { compareKeys } from '../stores/index.ts'
import { type S3Answer, S3Refusal, xml, xmlText } from './fake-s3-answer.ts'
import { checkWriteConditions, rangeOf, type S3Operation, sourceOf, traitsOf } from './fake-s3-objects.ts'
import { checkPermission } from './fake-s3-quirks.ts'

export function createUpload({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:PutObject')
  const upload = bucket.begin(call.key, traitsOf(call, quirks))
  return xml(200, 'InitiateMultipartUploadResult', { Bucket: call.bucket, Key: call.key, UploadId: upload.id })
}

export function uploadPart({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:PutObject')
  const upload = bucket.upload(call.query.get('uploadId'), call.key)
  const { etag } = bucket.addPart(upload, Number(call.query.get('partNumber')), call.body)
  return { status: 200, headers: { etag: `"${etag}"` } }
}

export function copyPart(operation: S3Operation): S3Answer {
  const { call, bucket, quirks } = operation
  checkPermission(quirks, 's3:PutObject')
  const upload = bucket.upload(call.query.get('uploadId'), call.key)
  const { content } = sourceOf(operation)
  const header = call.headers['x-amz-copy-source-range']
  const range = rangeOf(header === undefined ? undefined : String(header), content.length)
  const copied = content.subarray(range?.start, range?.end)
  const { etag, modified } = bucket.addPart(upload, Number(call.query.get('partNumber')), copied)
  return xml(200, 'CopyPartResult', { ETag: `"${etag}"`, LastModified: modified.toISOString() })
}

export function listParts({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:ListMultipartUploadParts')
  const upload = bucket.upload(call.query.get('uploadId'), call.key)
  const after = Number(call.query.get('part-number-marker') ?? 0)
  const limit = Math.min(1000, Number(call.query.get('max-parts') ?? 1000))
  const later = [...upload.parts].filter(([number]) => number > after).sort(([a], [b]) => a - b)
  const page = later.slice(0, limit)
  return xml(200, 'ListPartsResult', {
    Bucket: call.bucket,
    Key: call.key,
    UploadId: upload.id,
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.[0] ?? 0,
    MaxParts: limit,
    IsTruncated: later.length > page.length,
    Part: page.map(([number, { etag, content, modified }]) => ({
      PartNumber: number,
      ETag: `"${etag}"`,
      Size: content.length,
      LastModified: modified.toISOString(),
    })),
  })
}

export function listUploads({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:ListBucketMultipartUploads')
  const prefix = call.query.get('prefix') ?? ''
  const found = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix))
  found.sort((a, b) => compareKeys(a.key, b.key) || a.begun.getTime() - b.begun.getTime())
  // The markers are the last upload of the page before.
  const marker = call.query.get('upload-id-marker')
  const begin = marker === null ? 0 : found.findIndex(({ id }) => id === marker) + 1
  const page = found.slice(begin, begin + quirks.uploadsPerPage)
  const truncated = begin + page.length < found.length
  return xml(200, 'ListMultipartUploadsResult', {
    Bucket: call.bucket,
    Prefix: prefix,
    IsTruncated: truncated,
    NextKeyMarker: truncated ? page.at(-1)?.key : undefined,
    NextUploadIdMarker: truncated ? page.at(-1)?.id : undefined,
    Upload: page.map(({ id, key, begun }) => ({ Key: key, UploadId: id, Initiated: begun.toISOString() })),
  })
}

export function completeUpload({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:PutObject')
  const upload = bucket.upload(call.query.get('uploadId'), call.key)
  checkWriteConditions(call, bucket.objects.get(call.key), quirks)
  const named = [...call.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
    number: Number(xmlText(part, 'PartNumber')),
    etag: (xmlText(part, 'ETag') ?? '').replaceAll('"', ''),
  }))
  const { etag } = bucket.complete(upload, named)
  const said = quirks.emptyCompleteEtag ? '' : `"${etag}"`
  return xml(200, 'CompleteMultipartUploadResult', { Bucket: call.bucket, Key: call.key, ETag: said })
}

export function abortUpload({ call, bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:AbortMultipartUpload')
  const id = call.query.get('uploadId')
  bucket.uploads.delete(bucket.upload(id, call.key).id)
  return { status: 204 }
}

export function listObjects({ call, bucket, quirks }: S3Operation): S3Answer {
  if (!quirks.mayList) throw new S3Refusal(403, 'AccessDenied', 'Access Denied')
  const { query } = call
  if (query.get('list-type') !== '2')
    throw new S3Refusal(501, 'NotImplemented', 'only version 2 of the listing is known')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const limit = Math.min(1000, Number(query.get('max-keys') ?? 1000))
  const token = query.get('continuation-token')
  const entries = bucket.list(
    prefix,
    delimiter,
    token === null ? { key: query.get('start-after') ?? '' } : JSON.parse(Buffer.from(token, 'base64').toString()),
  )
  const page = entries.slice(0, limit)
  const truncated = entries.length > page.length
  return xml(200, 'ListBucketResult', {
    Name: call.bucket,
    Prefix: prefix,
    KeyCount: page.length,
    MaxKeys: limit,
    IsTruncated: truncated,
    NextContinuationToken: truncated ? Buffer.from(JSON.stringify(page.at(-1))).toString('base64') : undefined,
    Contents: page.flatMap(entry => ('key' in entry ? [objectOf(bucket.objects, entry.key)] : [])),
    CommonPrefixes: page.flatMap(entry => ('prefix' in entry ? [{ Prefix: entry.prefix }] : [])),
  })
}

function objectOf(objects: S3Operation['bucket']['objects'], key: string) {
  const object = objects.get(key)
  return {
    Key: key,
    Size: object?.content.length ?? 0,
    ETag: `"${object?.etag}"`,
    LastModified: object?.modified.toISOString(),
    StorageClass: object?.storageClass,
  }
}
