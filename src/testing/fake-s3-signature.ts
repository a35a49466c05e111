import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { S3Refusal } from './fake-s3-answer.ts'
import type { S3Quirks } from './fake-s3-quirks.ts'

export const fakeS3Keys = { accessKeyId: 'fake-key', secretAccessKey: 'fake-secret' } as const

interface SignedHead {
  readonly method: string
  /** As it was sent, with its query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

interface Claim {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

const maxSkewMilliseconds = 15 * 60_000

/** Checks AWS Signature Version 4, computed anew from what arrived. Payloads signed chunk by chunk are not known here. */
export function checkSignature(head: SignedHead, quirks: S3Quirks): void {
  const { headers } = head
  const claim = claimOf(headers.authorization)
  if (claim === undefined) throw new S3Refusal(403, 'AccessDenied', 'Access Denied')
  if (claim.accessKeyId !== fakeS3Keys.accessKeyId) {
    throw new S3Refusal(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  }
  checkTime(String(headers['x-amz-date'] ?? ''), quirks)
  checkToken(headers['x-amz-security-token'], quirks)
  const unsigned = Object.keys(headers).filter(name => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name))
  if (!claim.signedHeaders.includes('host') || unsigned.length > 0) {
    throw new S3Refusal(403, 'AccessDenied', 'There were headers present in the request which were not signed')
  }
  const expected = signatureOf(head, claim)
  if (
    claim.signature.length !== expected.length ||
    !timingSafeEqual(Buffer.from(claim.signature), Buffer.from(expected))
  ) {
    throw new S3Refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.')
  }
  checkRegion(claim.region, head, quirks)
}

/** Checks that the body is the one that was signed. */
export function checkPayload(headers: IncomingHttpHeaders, body: Buffer): void {
  const signed = headers['x-amz-content-sha256']
  if (typeof signed === 'string' && signed.startsWith('STREAMING-')) {
    throw new S3Refusal(501, 'NotImplemented', 'Payloads that are signed in chunks are not taken.')
  }
  if (signed !== 'UNSIGNED-PAYLOAD' && signed !== sha256(body)) {
    throw new S3Refusal(400, 'XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' does not match.")
  }
  const md5 = headers['content-md5']
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) {
    throw new S3Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.')
  }
}

function claimOf(authorization = ''): Claim | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      authorization,
    )
  if (match === null) return undefined
  const [, accessKeyId = '', day = '', region = '', names = '', signature = ''] = match
  return { accessKeyId, day, region, signedHeaders: names.split(';'), signature }
}

function checkTime(date: string, { clockMilliseconds }: S3Quirks): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const signedAt = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  if (Math.abs(signedAt - Date.now() - clockMilliseconds) <= maxSkewMilliseconds) return
  throw new S3Refusal(
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
  )
}

function checkToken(token: string | string[] | undefined, { sessionTokens }: S3Quirks): void {
  if (sessionTokens === undefined) {
    if (token === undefined) return
    throw new S3Refusal(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.')
  }
  if (typeof token === 'string' && sessionTokens.includes(token)) return
  throw new S3Refusal(400, 'ExpiredToken', 'The provided token has expired.')
}

function checkRegion(signedFor: string, { target }: SignedHead, quirks: S3Quirks): void {
  const { otherRegions, wrongRegionStatus } = quirks
  const region = otherRegions[target.split(/[/?]/, 2)[1] ?? ''] ?? quirks.region
  if (signedFor === region) return
  const headers = { 'x-amz-bucket-region': region }
  if (wrongRegionStatus === 301) {
    const message = 'The bucket you are attempting to access must be addressed using the specified endpoint.'
    throw new S3Refusal(301, 'PermanentRedirect', message, { headers, fields: { Endpoint: `s3.${region}.example` } })
  }
  const message = `The authorization header is malformed; the region '${signedFor}' is wrong; expecting '${region}'`
  throw new S3Refusal(400, 'AuthorizationHeaderMalformed', message, { fields: { Region: region }, headers })
}

/** "Signature Calculations for the Authorization Header" of the S3 API reference. */
function signatureOf({ method, target, headers }: SignedHead, { day, region, signedHeaders }: Claim): string {
  const [path = '', query = ''] = target.split('?', 2)
  const parameters = query === '' ? [] : query.split('&').map(pair => pair.split('=', 2).map(normalized))
  const canonical = [
    method,
    path.split('/').map(normalized).join('/'),
    parameters
      .map(([name = '', value = '']) => `${name}=${value}`)
      .sort()
      .join('&'),
    ...signedHeaders.map(
      name =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    signedHeaders.join(';'),
    String(headers['x-amz-content-sha256'] ?? ''),
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date'] ?? ''), scope, sha256(canonical)].join('\n')
  const key = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${fakeS3Keys.secretAccessKey}`, day))
  return hmac(key, text).toString('hex')
}

/** Encoded as the specification says, however it was sent. */
function normalized(text: string): string {
  const encode = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(decodeURIComponent(text)).replace(/[!'()*]/g, encode)
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
