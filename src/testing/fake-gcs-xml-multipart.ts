import { type GcsAnswer, GcsRefusal, xmlAnswer, xmlText } from './fake-gcs-answer.ts'
import { checkObjectName, type FakeGcsBucket, type FakeMultipart } from './fake-gcs-bucket.ts'
import { type GcsCall, needs } from './fake-gcs-call.ts'
import { checkStated, md5Of } from './fake-gcs-checksum.ts'
import { byUtf8 } from './fake-gcs-listing.ts'

/** https://cloud.google.com/storage/quotas#requests: every part but the last is at least this long. */
const minPartBytes = 5 * 1024 * 1024
const maxParts = 10_000

/** Multipart uploads of the XML API: https://cloud.google.com/storage/docs/multipart-uploads */
export async function answerMultipart(call: GcsCall, bucketName: string, name: string): Promise<GcsAnswer> {
  const { method, query } = call
  const bucket = call.bucket(bucketName)
  if (name === '') {
    if (method === 'GET' && query.has('uploads')) return listUploads(call, bucketName, bucket)
    throw notImplemented()
  }
  for (const header of ['x-goog-if-generation-match', 'if-none-match', 'if-match']) {
    if (call.request.headers[header] !== undefined)
      throw new GcsRefusal(400, 'invalid', 'InvalidArgument', 'Preconditions are not supported for multipart uploads.')
  }
  if (method === 'POST' && query.has('uploads')) return initiate(call, bucketName, bucket, name)
  const id = query.get('uploadId')
  if (id === null) throw notImplemented()
  const upload = bucket.multiparts.get(id)
  if (upload === undefined || upload.object.name !== name)
    throw new GcsRefusal(404, 'notFound', 'NoSuchUpload', 'The requested upload was not found.')
  switch (method) {
    case 'PUT':
      return putPart(call, bucket, upload)
    case 'GET':
      return listParts(call, bucketName, upload)
    case 'POST':
      return complete(call, bucketName, bucket, upload)
    case 'DELETE':
      needs(call, 'storage.multipartUploads.abort')
      bucket.multiparts.delete(id)
      return { status: 204 }
    default:
      throw notImplemented()
  }
}

function notImplemented(): GcsRefusal {
  return new GcsRefusal(
    405,
    'methodNotAllowed',
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
  )
}

function initiate(call: GcsCall, bucketName: string, bucket: FakeGcsBucket, name: string): GcsAnswer {
  needs(call, 'storage.multipartUploads.create')
  checkObjectName(name)
  const { headers } = call.request
  const metadata = Object.entries(headers).flatMap(([header, value]) =>
    header.startsWith('x-goog-meta-') && typeof value === 'string'
      ? [[header.slice('x-goog-meta-'.length), value]]
      : [],
  )
  const object = { name, contentType: headers['content-type'], metadata: Object.fromEntries(metadata) }
  const upload = bucket.startMultipart(object)
  return xmlAnswer(
    'InitiateMultipartUploadResult',
    `<Bucket>${bucketName}</Bucket><Key>${xmlText(name)}</Key><UploadId>${upload.id}</UploadId>`,
  )
}

async function putPart(call: GcsCall, bucket: FakeGcsBucket, upload: FakeMultipart): Promise<GcsAnswer> {
  needs(call, 'storage.objects.create')
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > maxParts)
    throw new GcsRefusal(400, 'invalid', 'InvalidArgument', `Part number must be an integer between 1 and ${maxParts}.`)
  const content = await call.body()
  const { headers } = call.request
  const hash = String(headers['x-goog-hash'] ?? '')
  checkStated(
    {
      md5Hash: headers['content-md5']?.toString() ?? /md5=([^,]+)/.exec(hash)?.[1],
      crc32c: /crc32c=([^,]+)/.exec(hash)?.[1],
    },
    content,
  )
  // It may have been finished or given up while the body came.
  if (!bucket.multiparts.has(upload.id))
    throw new GcsRefusal(404, 'notFound', 'NoSuchUpload', 'The requested upload was not found.')
  const etag = md5Of(content).toString('hex')
  upload.parts.set(number, { content, etag, modified: bucket.now })
  return { status: 200, headers: { etag: `"${etag}"` } }
}

function complete(call: GcsCall, bucketName: string, bucket: FakeGcsBucket, upload: FakeMultipart): Promise<GcsAnswer> {
  needs(call, 'storage.objects.create')
  return call.body().then(body => {
    const wanted = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
      etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('"', ''),
    }))
    if (wanted.length === 0)
      throw new GcsRefusal(400, 'invalid', 'MalformedCompleteMultipartUploadRequest', 'The XML is malformed.')
    const contents = wanted.map(({ number, etag }, index) => {
      const part = upload.parts.get(number)
      if (part === undefined || part.etag !== etag)
        throw new GcsRefusal(400, 'invalid', 'InvalidPart', 'One or more of the specified parts could not be found.')
      if (index > 0 && number <= (wanted[index - 1]?.number ?? 0))
        throw new GcsRefusal(400, 'invalid', 'InvalidPartOrder', 'The list of parts was not in ascending order.')
      if (index < wanted.length - 1 && part.content.length < minPartBytes)
        throw new GcsRefusal(
          400,
          'invalid',
          'EntityTooSmall',
          'Your proposed upload is smaller than the minimum allowed size.',
        )
      return part.content
    })
    if (!bucket.multiparts.has(upload.id))
      throw new GcsRefusal(404, 'notFound', 'NoSuchUpload', 'The requested upload was not found.')
    const { name } = upload.object
    bucket.limitRate(name, call.quirks.millisecondsBetweenWrites)
    const object = bucket.put({ ...upload.object, content: Buffer.concat(contents), composite: true })
    bucket.multiparts.delete(upload.id)
    return xmlAnswer(
      'CompleteMultipartUploadResult',
      `<Location>${call.origin}/${bucketName}/${xmlText(name)}</Location><Bucket>${bucketName}</Bucket><Key>${xmlText(name)}</Key><ETag>"${object.generation}-${wanted.length}"</ETag>`,
      { 'x-goog-hash': `crc32c=${object.crc32c}` },
    )
  })
}

function listParts(call: GcsCall, bucketName: string, upload: FakeMultipart): GcsAnswer {
  needs(call, 'storage.multipartUploads.listParts')
  const limit = Math.min(1000, Number(call.query.get('max-parts') ?? 1000))
  const after = Number(call.query.get('part-number-marker') ?? 0)
  const numbers = [...upload.parts.keys()].filter(number => number > after).sort((a, b) => a - b)
  const page = numbers.slice(0, limit)
  const parts = page.map(number => {
    const part = upload.parts.get(number)
    return `<Part><PartNumber>${number}</PartNumber><LastModified>${part?.modified.toISOString()}</LastModified><ETag>"${part?.etag}"</ETag><Size>${part?.content.length}</Size></Part>`
  })
  return xmlAnswer(
    'ListPartsResult',
    `<Bucket>${bucketName}</Bucket><Key>${xmlText(upload.object.name)}</Key><UploadId>${upload.id}</UploadId><StorageClass>STANDARD</StorageClass><PartNumberMarker>${after}</PartNumberMarker><NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker><MaxParts>${limit}</MaxParts><IsTruncated>${numbers.length > limit}</IsTruncated>${parts.join('')}`,
  )
}

/** In the order of names, and of ids within a name; a marker is the last of the page before. */
function listUploads(call: GcsCall, bucketName: string, bucket: FakeGcsBucket): GcsAnswer {
  needs(call, 'storage.multipartUploads.list')
  const { query } = call
  const limit = Math.min(1000, Number(query.get('max-uploads') ?? 1000))
  const prefix = query.get('prefix') ?? ''
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? '']
  const waiting = [...bucket.multiparts.values()]
    .filter(({ object, id }) => {
      const order = byUtf8(object.name, keyMarker)
      return object.name.startsWith(prefix) && (order > 0 || (order === 0 && idMarker !== '' && id > idMarker))
    })
    .sort((a, b) => byUtf8(a.object.name, b.object.name) || byUtf8(a.id, b.id))
  const page = waiting.slice(0, limit)
  const last = page.at(-1)
  const uploads = page.map(
    ({ id, object, initiated }) =>
      `<Upload><Key>${xmlText(object.name)}</Key><UploadId>${id}</UploadId><StorageClass>STANDARD</StorageClass><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
  )
  const truncated = waiting.length > limit
  const next = truncated
    ? `<NextKeyMarker>${xmlText(last?.object.name ?? '')}</NextKeyMarker><NextUploadIdMarker>${last?.id}</NextUploadIdMarker>`
    : ''
  return xmlAnswer(
    'ListMultipartUploadsResult',
    `<Bucket>${bucketName}</Bucket><KeyMarker>${xmlText(keyMarker)}</KeyMarker><UploadIdMarker>${idMarker}</UploadIdMarker>${next}<MaxUploads>${limit}</MaxUploads><IsTruncated>${truncated}</IsTruncated>${uploads.join('')}`,
  )
}
