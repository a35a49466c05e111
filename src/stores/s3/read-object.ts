import { isLadingError, LadingError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import type { GetOptions, ObjectInfo, OpenObject } from '../object-store.ts'
import { withinObject } from '../within-object.ts'
import { bareEtag } from './etag.ts'
import { responseBody } from './response-body.ts'
import type { S3Connection } from './s3-connection.ts'

const permission = 's3:GetObject'

type Signal = AbortSignal | undefined

/** What HEAD says of an object; `undefined` where there is none. */
export async function headObject(
  connection: S3Connection,
  key: string,
  signal: Signal,
): Promise<ObjectInfo | undefined> {
  return (await headWithMetadata(connection, key, signal))?.info
}

export interface ObjectHead {
  readonly info: ObjectInfo
  readonly metadata: Readonly<Record<string, string>>
}

export async function headWithMetadata(
  connection: S3Connection,
  key: string,
  signal: Signal,
): Promise<ObjectHead | undefined> {
  const answered = await connection.ask({ permission, signal }, saysLittle, (s3, options) =>
    s3.headObject(connection.at(key), options),
  )
  if (!(answered instanceof LadingError)) {
    return { info: infoOf(key, answered.answer), metadata: answered.output.Metadata ?? {} }
  }
  if (answered.status === 404 && connection.bucketSeen) return undefined
  return await askAgain(connection, key, signal)
}

/** The answer to a HEAD has no body, so a refusal does not say why, and a missing bucket looks like a missing object. */
function saysLittle({ status = 0 }: LadingError): boolean {
  return status >= 400 && status < 500
}

/** The same question as a GET of one byte, which is answered with S3's code. */
async function askAgain(connection: S3Connection, key: string, signal: Signal): Promise<ObjectHead | undefined> {
  try {
    const { output, answer } = await connection.call({ permission, signal, streams: true }, (s3, options) =>
      s3.getObject({ ...connection.at(key), Range: 'bytes=0-0' }, options),
    )
    await answer.discard()
    return { info: infoOf(key, answer), metadata: output.Metadata ?? {} }
  } catch (error) {
    if (isLadingError(error, 'blob-not-found')) return undefined
    throw error
  }
}

export async function getObject(
  connection: S3Connection,
  key: string,
  { range, ifMatch, signal }: GetOptions,
): Promise<OpenObject> {
  // What is no range to HTTP: bytes 7 to 7 are none, and a Range header cannot say so.
  if (range !== undefined && range.start === range.end) return await emptyRange(connection, key, range, ifMatch, signal)
  const partial = range !== undefined && (range.start > 0 || range.end !== undefined)
  const header = partial ? { Range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` } : {}
  const answered = await connection.ask(
    { permission, signal, streams: true },
    error => error.status === 416,
    (s3, options) => s3.getObject({ ...connection.at(key), ...header }, options),
  )
  if (answered instanceof LadingError) return await emptyRange(connection, key, range ?? { start: 0 }, ifMatch, signal)
  const { answer } = answered
  try {
    const info = infoOf(key, answer)
    // Compared here, since not every server obeys If-Match in a GET; then nothing of the body has been read.
    checkVersion(info, ifMatch)
    const { start, end } = withinObject(range, info.size)
    checkRange(answer, partial, start)
    return { info, body: responseBody(answer, end - start), md5: md5Of(info) }
  } catch (error) {
    await answer.discard()
    throw error
  }
}

/** A range of no bytes, or one behind the end, which 416 says without the object's size. */
async function emptyRange(
  connection: S3Connection,
  key: string,
  range: NonNullable<GetOptions['range']>,
  ifMatch: string | undefined,
  signal: Signal,
): Promise<OpenObject> {
  const info = await headObject(connection, key, signal)
  if (info === undefined) throw new LadingError('blob-not-found', 'there is no such object')
  checkVersion(info, ifMatch)
  const { start, end } = withinObject(range, info.size)
  if (start < end) throw new LadingError('server-error', 'the server refused a range that the object has')
  return { info, body: noBytes() }
}

async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}

/** The ETag of what was written in one request: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html */
function md5Of({ etag = '' }: ObjectInfo): string | undefined {
  return /^[0-9a-f]{32}$/.exec(etag.replaceAll('"', ''))?.[0]
}

function checkVersion({ etag }: ObjectInfo, ifMatch: string | undefined): void {
  if (ifMatch === undefined || etag === ifMatch) return
  throw new LadingError('precondition-failed', 'it is not the version that was asked for')
}

function checkRange(answer: HttpResponse, partial: boolean, start: number): void {
  if (partial ? answer.status === 206 && rangeOf(answer)?.start === start : answer.status === 200) return
  throw new LadingError('protocol-error', 'the server answered with another range than was asked for')
}

/** `bytes 0-0/17` */
function rangeOf(answer: HttpResponse): { start: number; size: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')
  return match === null ? undefined : { start: Number(match[1]), size: Number(match[2]) }
}

function infoOf(key: string, answer: HttpResponse): ObjectInfo {
  const size = rangeOf(answer)?.size ?? Number(answer.headers.get('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw new LadingError('protocol-error', 'the server does not say how large it is')
  const etag = bareEtag(answer.headers.get('etag'))
  const modified = timeOf(answer, 'last-modified')
  if (modified === undefined) throw new LadingError('protocol-error', 'the server does not say when it was written')
  return {
    key,
    size,
    ...(etag === undefined ? {} : { etag }),
    modified,
    storageClass: answer.headers.get('x-amz-storage-class') ?? usualClass,
  }
}

/** What S3 means where it names no class. */
export const usualClass = 'STANDARD'

/** A time by the server's clock. */
export function timeOf({ headers }: Pick<HttpResponse, 'headers'>, name: 'date' | 'last-modified'): Date | undefined {
  const time = new Date(headers.get(name) ?? Number.NaN)
  return Number.isNaN(time.getTime()) ? undefined : time
}
