import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type S3Answer, type S3Call, S3Refusal } from './fake-s3-answer.ts'
import { FakeBucket } from './fake-s3-bucket.ts'
import { deleteObjects, lockOf, versioningOf } from './fake-s3-bucket-calls.ts'
import { copyObject, deleteObject, getObject, putObject, type S3Operation } from './fake-s3-objects.ts'
import { noS3Quirks, type S3Quirks } from './fake-s3-quirks.ts'
import { checkPayload, checkSignature, fakeS3Keys } from './fake-s3-signature.ts'
import {
  abortUpload,
  completeUpload,
  copyPart,
  createUpload,
  listObjects,
  listParts,
  listUploads,
  uploadPart,
} from './fake-s3-uploads.ts'
import { close, listen } from './listen.ts'
import type { RecordedRequest } from './recorded-request.ts'

export interface FakeS3 extends AsyncDisposable {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** May be changed while it runs. */
  readonly quirks: S3Quirks
  /** Everything that was asked, in order of arrival. Set its `length` to 0 to count anew. */
  readonly requests: RecordedRequest[]
  /** What is held in a bucket, made where it is not. */
  bucket(name: string): FakeBucket
  stop(): Promise<void>
}

/**
 * An S3 server in this process and its memory, on a free port of the loopback interface: path style, one account. It checks
 * signatures, the hashes of bodies and conditions as AWS documents them, and does otherwise where a quirk says so.
 *
 * @example
 * await using s3 = await startFakeS3({ quirks: { conditions: 'ignored' } })
 */
export async function startFakeS3(options: { readonly quirks?: Partial<S3Quirks> } = {}): Promise<FakeS3> {
  const quirks: S3Quirks = { ...noS3Quirks, keyErrors: new Map(), ...options.quirks }
  const buckets = new Map<string, FakeBucket>()
  const requests: RecordedRequest[] = []
  const now = () => new Date(Date.now() + quirks.clockMilliseconds)

  function bucketOf(name: string): FakeBucket {
    const found = buckets.get(name)
    if (found !== undefined) return found
    throw new S3Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist')
  }

  async function answer(request: IncomingMessage, record: RecordedRequest): Promise<S3Answer> {
    const { method = '', url: target = '', headers } = request
    const body = await buffer(request)
    record.requestBytes = body.length
    try {
      if (quirks.slowDowns > 0) {
        quirks.slowDowns--
        throw new S3Refusal(503, 'SlowDown', 'Please reduce your request rate.')
      }
      checkSignature({ method, target, headers }, quirks)
      checkPayload(headers, body)
      const call = callOf(method, target, headers, body)
      if (call.key === '' && method === 'PUT') {
        buckets.set(call.bucket, buckets.get(call.bucket) ?? new FakeBucket(now))
        return { status: 200 }
      }
      return operationOf(call)({ call, bucket: bucketOf(call.bucket), quirks, bucketOf })
    } catch (error) {
      if (error instanceof S3Refusal) return error.answer()
      throw error
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request
    const record: RecordedRequest = { method, path, headers, status: undefined, requestBytes: 0, responseBytes: 0 }
    requests.push(record)
    const { status, headers: answered = {}, body = Buffer.alloc(0) } = await answer(request, record)
    record.status = status
    record.responseBytes = method === 'HEAD' ? 0 : body.length
    const date = now().toUTCString()
    // An error's body is not sent to HEAD, and neither is its length; an object's length is.
    const length = method === 'HEAD' && status >= 300 ? {} : { 'content-length': body.length }
    response.writeHead(status, { 'x-amz-request-id': 'fake', date, ...length, ...answered })
    response.end(method === 'HEAD' ? undefined : body)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  const url = `http://${await listen(server)}`
  const stop = () => close(server)
  return {
    url,
    ...fakeS3Keys,
    quirks,
    requests,
    bucket(name) {
      const found = buckets.get(name) ?? new FakeBucket(now)
      buckets.set(name, found)
      return found
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function callOf(method: string, target: string, headers: IncomingMessage['headers'], body: Buffer): S3Call {
  const [path = '', query = ''] = target.split('?', 2)
  const [bucket = '', ...key] = path.slice(1).split('/').map(decodeURIComponent)
  // A plus in a path or query of S3 is a plus.
  return { method, bucket, key: key.join('/'), query: new URLSearchParams(query.replaceAll('+', '%2B')), headers, body }
}

/** Which operation a request is: S3 tells them apart by method, parameters and headers. */
function operationOf({ method, key, query, headers }: S3Call): (operation: S3Operation) => S3Answer {
  const copies = headers['x-amz-copy-source'] !== undefined
  const operations: Readonly<Record<string, ((operation: S3Operation) => S3Answer) | undefined>> =
    key === ''
      ? {
          GET: ofBucket(query),
          HEAD: () => ({ status: 200 }),
          ...(query.has('delete') ? { POST: deleteObjects } : {}),
        }
      : query.has('uploadId')
        ? { GET: listParts, PUT: copies ? copyPart : uploadPart, POST: completeUpload, DELETE: abortUpload }
        : {
            GET: getObject,
            HEAD: getObject,
            PUT: copies ? copyObject : putObject,
            DELETE: deleteObject,
            ...(query.has('uploads') ? { POST: createUpload } : {}),
          }
  const found = operations[method]
  if (found !== undefined) return found
  throw new S3Refusal(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.')
}

function ofBucket(query: URLSearchParams): (operation: S3Operation) => S3Answer {
  if (query.has('uploads')) return listUploads
  if (query.has('versioning')) return versioningOf
  return query.has('object-lock') ? lockOf : listObjects
}
