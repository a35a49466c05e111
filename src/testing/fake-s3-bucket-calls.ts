import { createHash } from 'node:crypto'
import { type S3Answer, S3Refusal, xml, xmlText } from './fake-s3-answer.ts'
import type { S3Operation } from './fake-s3-objects.ts'
import { checkPermission } from './fake-s3-quirks.ts'

const keysPerRequest = 1000

/** `POST /BUCKET?delete` */
export function deleteObjects({ call, bucket, quirks }: S3Operation): S3Answer {
  if (quirks.manyDeletions === 'unknown') {
    throw new S3Refusal(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented')
  }
  const md5 = call.headers['content-md5']
  if (md5 === undefined && (quirks.manyDeletions === 'with-md5' || !('x-amz-checksum-crc32' in call.headers))) {
    throw new S3Refusal(400, 'InvalidRequest', 'Missing required header for this request: Content-MD5')
  }
  if (md5 !== undefined && md5 !== createHash('md5').update(call.body).digest('base64')) {
    throw new S3Refusal(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.')
  }
  const body = call.body.toString()
  const keys = [...body.matchAll(/<Key>[^<]*<\/Key>/g)].map(([element]) => xmlText(element, 'Key') ?? '')
  if (keys.length === 0 || keys.length > keysPerRequest) {
    throw new S3Refusal(400, 'MalformedXML', 'The XML you provided was not well-formed')
  }
  const errors: { Key: string; Code: string; Message: string }[] = []
  for (const Key of keys) {
    const planned = quirks.keyErrors.get(Key)
    const Code = quirks.denied.includes('s3:DeleteObject')
      ? 'AccessDenied'
      : planned !== undefined && planned.times-- > 0
        ? planned.code
        : undefined
    if (Code === undefined) bucket.objects.delete(Key)
    else errors.push({ Key, Code, Message: Code === 'AccessDenied' ? 'Access Denied' : 'Please try again.' })
  }
  const quiet = xmlText(body, 'Quiet') === 'true'
  const failed = new Set(errors.map(({ Key }) => Key))
  const Deleted = quiet ? [] : keys.filter(key => !failed.has(key)).map(Key => ({ Key }))
  return xml(200, 'DeleteResult', { Deleted, Error: errors })
}

/** `GET /BUCKET?versioning` */
export function versioningOf({ bucket, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:GetBucketVersioning')
  return xml(200, 'VersioningConfiguration', { Status: bucket.versioning })
}

/** `GET /BUCKET?object-lock` */
export function lockOf({ bucket: { lock }, quirks }: S3Operation): S3Answer {
  checkPermission(quirks, 's3:GetBucketObjectLockConfiguration')
  if (lock === undefined) {
    const message = 'Object Lock configuration does not exist for this bucket'
    throw new S3Refusal(404, 'ObjectLockConfigurationNotFoundError', message)
  }
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', ...lock } }
  return xml(200, 'ObjectLockConfiguration', { ObjectLockEnabled: 'Enabled', Rule })
}
