import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import type { S3 } from '@aws-sdk/client-s3'
import type { ContractCase } from './contract.ts'

/** A bucket of a server, through Amazon's own client, which MUST speak path style and try everything once. */
export interface S3Subject {
  readonly s3: S3
  readonly bucket: string
  /** A client like `s3` that differs in this. */
  client(other: { readonly accessKeyId?: string; readonly secretAccessKey?: string; readonly clockOffset?: number }): S3
}

const mebibyte = 1024 * 1024

async function refused(promise: Promise<unknown>, status: number, code?: string): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } } // an SDK exception
    assert.equal($metadata?.httpStatusCode, status, `${name} is answered with another status`)
    if (code !== undefined) assert.equal(name, code)
    return true
  })
}

function fresh({ bucket }: S3Subject): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: bucket, Key: `protocol/${randomUUID()}` }
}

/** An upload with these parts. */
async function begun(subject: S3Subject, at: { Bucket: string; Key: string }, parts: readonly Uint8Array[]) {
  const { UploadId } = await subject.s3.createMultipartUpload(at)
  const Parts = []
  for (const [index, Body] of parts.entries()) {
    const { ETag } = await subject.s3.uploadPart({ ...at, UploadId, PartNumber: index + 1, Body })
    Parts.push({ PartNumber: index + 1, ETag })
  }
  return { UploadId, Parts }
}

/**
 * What lading relies on in an S3 server, asked with Amazon's own client. The fake passes it, and so do real servers, so that what is
 * tested with the fake is true of them; what a real one does otherwise is waived by name.
 *
 * @example
 * testContract<S3Subject>({ describe, test }, { title: 'Ceph', cases: s3Cases, run: check => check(subject), waivers })
 */
export const s3Cases: readonly ContractCase<S3Subject>[] = [
  [
    'an object is put, described and read, whole and in ranges',
    async subject => {
      const at = fresh(subject)
      const { ETag } = await subject.s3.putObject({ ...at, Body: Buffer.from('0123456789'), Metadata: { mark: 'x y' } })
      assert.match(ETag ?? '', /^"[0-9a-f]{32}"$/)
      const head = await subject.s3.headObject(at)
      assert.deepEqual([head.ContentLength, head.ETag, head.Metadata], [10, ETag, { mark: 'x y' }])
      const read = async (Range?: string) => {
        const { Body, ContentRange } = await subject.s3.getObject({ ...at, ...(Range === undefined ? {} : { Range }) })
        return [await Body?.transformToString(), ContentRange]
      }
      assert.deepEqual(await read(), ['0123456789', undefined])
      assert.deepEqual(await read('bytes=2-4'), ['234', 'bytes 2-4/10'])
      assert.deepEqual(await read('bytes=8-'), ['89', 'bytes 8-9/10'])
      assert.deepEqual(await read('bytes=8-99'), ['89', 'bytes 8-9/10'])
      await refused(read('bytes=10-'), 416, 'InvalidRange')
    },
  ],
  [
    'what is absent is said with its code',
    async subject => {
      const at = fresh(subject)
      await refused(subject.s3.getObject(at), 404, 'NoSuchKey')
      await refused(subject.s3.headObject(at), 404)
      await refused(subject.s3.getObject({ ...at, Bucket: `absent-${randomUUID()}` }), 404, 'NoSuchBucket')
      await refused(subject.s3.listObjectsV2({ Bucket: `absent-${randomUUID()}` }), 404, 'NoSuchBucket')
      await subject.s3.deleteObject(at)
    },
  ],
  [
    'a body that is not the one that was signed is refused and not stored',
    async subject => {
      const at = fresh(subject)
      const client = subject.client({})
      client.middlewareStack.add(
        next => args => {
          const { headers } = args.request as { headers: Record<string, string> } // the SDK's own HttpRequest at this step
          headers['x-amz-content-sha256'] = 'a'.repeat(64)
          return next(args)
        },
        { step: 'build' },
      )
      await refused(client.putObject({ ...at, Body: Buffer.from('x') }), 400, 'XAmzContentSHA256Mismatch')
      await refused(subject.s3.headObject(at), 404)
    },
  ],
  [
    'wrong keys and a wrong clock are refused with their codes',
    async subject => {
      const at = fresh(subject)
      const body = { ...at, Body: Buffer.from('x') }
      await refused(subject.client({ accessKeyId: 'nobody' }).putObject(body), 403, 'InvalidAccessKeyId')
      await refused(subject.client({ secretAccessKey: 'wrong' }).putObject(body), 403, 'SignatureDoesNotMatch')
      await refused(subject.client({ clockOffset: 3_600_000 }).putObject(body), 403, 'RequestTimeTooSkewed')
    },
  ],
  [
    'If-None-Match creates once',
    async subject => {
      const at = { ...fresh(subject), IfNoneMatch: '*' }
      await subject.s3.putObject({ ...at, Body: Buffer.from('1') })
      await refused(subject.s3.putObject({ ...at, Body: Buffer.from('2') }), 412, 'PreconditionFailed')
      const racing = fresh(subject)
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          subject.s3.putObject({ ...racing, IfNoneMatch: '*', Body: Buffer.from(`${i}`) }),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    },
  ],
  [
    'If-Match with another tag is refused',
    async subject => {
      const at = fresh(subject)
      await subject.s3.putObject({ ...at, Body: Buffer.from('1') })
      const other = { ...at, Body: Buffer.from('2') }
      await refused(subject.s3.putObject({ ...other, IfMatch: '"0123456789abcdef0123456789abcdef"' }), 412)
      await refused(subject.s3.putObject({ ...other, IfMatch: '0123456789abcdef0123456789abcdef' }), 412)
      const absent = { ...fresh(subject), Body: Buffer.from('2'), IfMatch: '"0123456789abcdef0123456789abcdef"' }
      await assert.rejects(subject.s3.putObject(absent))
      await refused(subject.s3.headObject({ Bucket: absent.Bucket, Key: absent.Key }), 404)
    },
  ],
  [
    'If-Match takes an entity tag with its quotes',
    async subject => {
      const at = fresh(subject)
      const { ETag } = await subject.s3.putObject({ ...at, Body: Buffer.from('1') })
      await subject.s3.putObject({ ...at, Body: Buffer.from('2'), ...(ETag === undefined ? {} : { IfMatch: ETag }) })
    },
  ],
  [
    'a storage class that does not exist is refused',
    async subject => {
      const StorageClass = 'NO_SUCH_CLASS' as 'STANDARD' // what the SDK's types rightly refuse
      await refused(subject.s3.putObject({ ...fresh(subject), Body: Buffer.from('x'), StorageClass }), 400)
      await refused(subject.s3.createMultipartUpload({ ...fresh(subject), StorageClass }), 400)
    },
  ],
  [
    'parts become an object when they are completed, and their order of arrival does not matter',
    async subject => {
      const at = fresh(subject)
      const [first, second] = [randomBytes(5 * mebibyte), randomBytes(100)]
      const { UploadId } = await subject.s3.createMultipartUpload(at)
      const two = await subject.s3.uploadPart({ ...at, UploadId, PartNumber: 2, Body: second })
      const one = await subject.s3.uploadPart({ ...at, UploadId, PartNumber: 1, Body: first })
      await refused(subject.s3.headObject(at), 404)
      const Parts = [one, two].map(({ ETag }, index) => ({ PartNumber: index + 1, ETag }))
      await subject.s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } })
      const { Body, ETag } = await subject.s3.getObject(at)
      assert.ok(Buffer.concat([first, second]).equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)))
      assert.match(ETag ?? '', /-2"$/)
      await refused(subject.s3.listParts({ ...at, UploadId }), 404)
    },
  ],
  [
    'the parts of an unfinished upload are listed, page by page, with the MD5 of each',
    async subject => {
      const at = fresh(subject)
      const { UploadId, Parts } = await begun(subject, at, [Buffer.from('1'), Buffer.from('22'), Buffer.from('333')])
      const listed = await subject.s3.listParts({ ...at, UploadId, MaxParts: 2 })
      assert.deepEqual(
        listed.Parts?.map(({ Size }) => Size),
        [1, 2],
      )
      assert.deepEqual([listed.IsTruncated, listed.Parts?.[0]?.ETag], [true, '"c4ca4238a0b923820dcc509a6f75849b"'])
      const PartNumberMarker = listed.NextPartNumberMarker ?? ''
      const rest = await subject.s3.listParts({ ...at, UploadId, PartNumberMarker })
      assert.deepEqual([rest.IsTruncated, rest.Parts?.map(({ ETag }) => ETag)], [false, [Parts[2]?.ETag]])
      const { Uploads } = await subject.s3.listMultipartUploads({ Bucket: at.Bucket, Prefix: at.Key })
      assert.deepEqual(
        Uploads?.map(upload => [upload.Key, upload.UploadId]),
        [[at.Key, UploadId]],
      )
      await subject.s3.abortMultipartUpload({ ...at, UploadId })
      const none = await subject.s3.listMultipartUploads({ Bucket: at.Bucket, Prefix: at.Key })
      assert.equal(none.Uploads?.length ?? 0, 0)
      await refused(
        subject.s3.uploadPart({ ...at, UploadId, PartNumber: 4, Body: Buffer.from('4') }),
        404,
        'NoSuchUpload',
      )
    },
  ],
  [
    'what cannot be completed is refused',
    async subject => {
      const at = fresh(subject)
      const { UploadId, Parts } = await begun(subject, at, [Buffer.from('too small'), Buffer.from('x')])
      const complete = (named: typeof Parts) =>
        subject.s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts: named } })
      await refused(complete(Parts), 400, 'EntityTooSmall')
      await refused(complete([{ PartNumber: 1, ETag: `"${'0'.repeat(32)}"` }]), 400, 'InvalidPart')
      await refused(complete([{ PartNumber: 3, ETag: Parts[0]?.ETag }]), 400, 'InvalidPart')
      await subject.s3.abortMultipartUpload({ ...at, UploadId })
      await assert.rejects(complete(Parts))
      await refused(subject.s3.headObject(at), 404)
    },
  ],
  [
    'objects and ranges of them are copied',
    async subject => {
      const [from, whole, parts] = [fresh(subject), fresh(subject), fresh(subject)]
      const content = randomBytes(5 * mebibyte + 10)
      await subject.s3.putObject({ ...from, Body: content, Metadata: { mark: 'kept' } })
      const CopySource = `${from.Bucket}/${from.Key}`
      await subject.s3.copyObject({ ...whole, CopySource })
      const head = await subject.s3.headObject(whole)
      assert.deepEqual([head.ContentLength, head.Metadata], [content.length, { mark: 'kept' }])
      const { UploadId } = await subject.s3.createMultipartUpload(parts)
      const copyPart = async (PartNumber: number, CopySourceRange: string) => {
        const options = { ...parts, UploadId, PartNumber, CopySource, CopySourceRange }
        return { PartNumber, ETag: (await subject.s3.uploadPartCopy(options)).CopyPartResult?.ETag }
      }
      const split = 5 * mebibyte
      const Parts = [
        await copyPart(1, `bytes=0-${split - 1}`),
        await copyPart(2, `bytes=${split}-${content.length - 1}`),
      ]
      await subject.s3.completeMultipartUpload({ ...parts, UploadId, MultipartUpload: { Parts } })
      const { Body } = await subject.s3.getObject(parts)
      assert.ok(content.equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0)))
      const absent = { ...fresh(subject), CopySource: `${from.Bucket}/${from.Key}-absent` }
      await refused(subject.s3.copyObject(absent), 404, 'NoSuchKey')
    },
  ],
  [
    'a listing comes in the order of UTF-8, folded, in pages, and after a key',
    async subject => {
      const root = `${fresh(subject).Key}/`
      const names = ['A', 'a b', 'a+b', 'a/1', 'a/2', 'a0', 'é', '！', '😀']
      for (const name of names)
        await subject.s3.putObject({ Bucket: subject.bucket, Key: root + name, Body: Buffer.from('x') })
      const pages = async (more: { Delimiter?: string; StartAfter?: string; MaxKeys?: number }) => {
        const found: string[] = []
        let ContinuationToken: string | undefined
        do {
          const page = await subject.s3.listObjectsV2({
            Bucket: subject.bucket,
            Prefix: root,
            ...more,
            ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
          })
          found.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''))
          found.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix ?? ''))
          ContinuationToken = page.NextContinuationToken
        } while (ContinuationToken !== undefined)
        return found.map(key => key.slice(root.length))
      }
      assert.deepEqual(await pages({}), names)
      assert.deepEqual(await pages({ MaxKeys: 2 }), names)
      const folded = ['A', 'a b', 'a+b', 'a/', 'a0', 'é', '！', '😀']
      assert.deepEqual((await pages({ Delimiter: '/' })).toSorted(), folded.toSorted())
      assert.deepEqual(await pages({ Delimiter: '/', MaxKeys: 1 }), folded)
      assert.deepEqual(await pages({ StartAfter: `${root}a/1` }), names.slice(4))
    },
  ],
  [
    'to complete an upload that is gone is answered with the code that says so',
    async subject => {
      const at = fresh(subject)
      const { UploadId, Parts } = await begun(subject, at, [Buffer.from('x')])
      await subject.s3.abortMultipartUpload({ ...at, UploadId })
      const completed = { ...at, UploadId, MultipartUpload: { Parts } }
      await refused(subject.s3.completeMultipartUpload(completed), 404, 'NoSuchUpload')
    },
  ],
  [
    'Complete tells the entity tag of the object',
    async subject => {
      const at = fresh(subject)
      const { UploadId, Parts } = await begun(subject, at, [Buffer.from('x')])
      const { ETag } = await subject.s3.completeMultipartUpload({ ...at, UploadId, MultipartUpload: { Parts } })
      assert.equal(ETag, (await subject.s3.headObject(at)).ETag)
    },
  ],
  [
    'Complete and DeleteObject obey conditions',
    async subject => {
      const at = fresh(subject)
      await subject.s3.putObject({ ...at, Body: Buffer.from('x') })
      const { UploadId, Parts } = await begun(subject, at, [Buffer.from('y')])
      const completed = { ...at, UploadId, IfNoneMatch: '*', MultipartUpload: { Parts } }
      await refused(subject.s3.completeMultipartUpload(completed), 412, 'PreconditionFailed')
      await refused(subject.s3.deleteObject({ ...at, IfMatch: `"${'0'.repeat(32)}"` }), 412, 'PreconditionFailed')
    },
  ],
]
