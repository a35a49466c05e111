import { type ErrorCode, LadingError, type Tried } from '../../errors/index.ts'
import { type HttpResponse, redactText } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readAll } from '../../streams/index.ts'
import { elementText } from './xml.ts'

/** What Google says where it refuses: the words of the JSON API and of the XML API, told apart by nothing but their form. */
export interface Refusal {
  readonly status: number
  /** `reason` of the JSON API (`conditionNotMet`), or `Code` of the XML API (`PreconditionFailed`). */
  readonly reason: string
  readonly message: string
  readonly tried?: Tried | undefined
}

/** Who asked for what, for the error that says so. */
export interface Asked {
  readonly bucket: string
  /** Whose credentials were shown; `undefined` where nobody's were. */
  readonly principal: string | undefined
}

const maxBytes = limits.errorBytes

/** Reads the answer's body; of a refusal it is kept, and can be read again. */
export async function readRefusal(answer: HttpResponse): Promise<Refusal> {
  const text = new TextDecoder().decode(await readAll(answer.body, maxBytes, 'an error'))
  const { status, tried } = answer
  const json = text.startsWith('{') ? parseJson(text) : undefined
  if (json !== undefined) return { status, tried, ...json }
  const reason = elementText(text, 'Code') ?? ''
  const details = elementText(text, 'Details')
  const message = elementText(text, 'Message') ?? ''
  return { status, tried, reason, message: details === undefined ? message : `${message} ${details}` }
}

function parseJson(text: string): { reason: string; message: string } | undefined {
  try {
    const { error } = JSON.parse(text)
    return { reason: String(error?.errors?.[0]?.reason ?? ''), message: String(error?.message ?? '') }
  } catch {
    return undefined
  }
}

/** Whether it is the bucket that is not there, where an object was asked for. */
export function isBucketAbsent({ status, reason, message }: Refusal): boolean {
  return status === 404 && (reason === 'NoSuchBucket' || /bucket does not exist/i.test(message))
}

/** Whether Google says that what came has another checksum than what was sent. */
export function isDamaged({ status, reason, message }: Refusal): boolean {
  return status === 400 && (reason === 'BadDigest' || /hash .*doesn't match/i.test(message))
}

/** A refusal in lading's words, one line with what to do about it. */
export function refusalError(refusal: Refusal, asked: Asked): LadingError {
  return meaningOf(refusal, asked).afterTrying(refusal.tried)
}

function meaningOf(refusal: Refusal, { bucket, principal }: Asked): LadingError {
  const { status, reason } = refusal
  const said = redactText(refusal.message)
  const error = (code: ErrorCode, message: string, hint?: string) => new LadingError(code, message, { status, hint })
  if (/billing account/i.test(said) && /disabled|closed|delinquent/i.test(said)) {
    return error('denied', `Google Cloud Storage: ${said}`, `enable billing for the project of gs://${bucket}`)
  }
  if (reason === 'UserProjectMissing' || /requester pays/i.test(said)) {
    const hint = 'name the project that pays with GOOGLE_CLOUD_QUOTA_PROJECT'
    return error('denied', `gs://${bucket} lets whoever asks pay, and no project to bill is named`, hint)
  }
  if (isBucketAbsent(refusal)) {
    return error('bucket-not-found', `there is no bucket gs://${bucket}`, 'make it first, or check its name')
  }
  if (status === 401 || (status === 403 && principal === undefined)) return unauthorized(refusal, bucket, principal)
  switch (status) {
    case 403:
      if (/rate.?limit/i.test(reason)) return error('rate-limited', `Google Cloud Storage: ${said}`)
      return error('denied', deniedText(said, bucket, principal), deniedHint(said))
    case 404:
      return error('blob-not-found', 'there is no such object')
    case 412:
      return error('precondition-failed', 'it is not the version that was asked for')
    case 416:
      return error('size-mismatch', 'the range that was asked for is not within the object')
    case 429:
      return error('rate-limited', `Google Cloud Storage takes no more requests for now: ${said}`)
  }
  // 409: "The metadata for object was edited during the operation. Please try again."
  if (status >= 500 || status === 408 || status === 409) {
    return error('server-error', `Google Cloud Storage answered ${status}${said === '' ? '' : `: ${said}`}`)
  }
  return error('protocol-error', `Google Cloud Storage refuses the request with ${status}: ${said || reason}`)
}

function unauthorized({ status }: Refusal, bucket: string, principal: string | undefined): LadingError {
  if (principal === undefined) {
    const message = `gs://${bucket} is not public, and no Google credentials were found`
    const hint = 'run `gcloud auth application-default login`, or name a key file with GOOGLE_APPLICATION_CREDENTIALS'
    return new LadingError('unauthorized', message, { status, hint })
  }
  const hint =
    'the key may be revoked, or the login expired: run `gcloud auth application-default login`, or use another key file'
  return new LadingError('unauthorized', `Google refuses the credentials of ${principal}`, { status, hint })
}

function deniedText(said: string, bucket: string, principal: string | undefined): string {
  const permission = /\b(storage\.\w+\.\w+)\b/.exec(said)?.[1]
  if (permission === undefined) return `${principal} may not do this in gs://${bucket}: ${said}`
  return `${principal} lacks the permission ${permission} in gs://${bucket}`
}

/** Of an object that is not there Google says so only to those who may list. */
function deniedHint(said: string): string {
  if (/serviceusage\.services\.use|user project/i.test(said)) {
    return 'grant roles/serviceusage.serviceUsageConsumer in the project that pays, or unset GOOGLE_CLOUD_QUOTA_PROJECT'
  }
  return /storage\.objects\.(get|list)\b/.test(said)
    ? 'grant roles/storage.objectViewer on the bucket'
    : 'grant roles/storage.objectAdmin on the bucket'
}
