import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as s3 from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeGcs, startFakeGcs } from '../../src/testing/fake-gcs.ts'
import { describeWithServices } from './describe-with-services.ts'
import { openGoogleClient } from './google-client.ts'
import { peer } from './peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

// That the fake is no invention of ours: others' clients work against it, for every operation that the gs store uses.

const mebibyte = 1024 * 1024

function patterned(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 17) & 0xff))
}

let gcs: FakeGcs
let folder: string
beforeEach(async () => {
  gcs = await startFakeGcs({ tokens: ['token'] })
  folder = await mkdtemp(path.join(temporaryFolder(), 'google-'))
})
afterEach(() => gcs[Symbol.asyncDispose]())

describeWithServices(['google-cloud-storage'], 'the fake of Google Cloud Storage and Google’s own client', () => {
  const open = () => openGoogleClient(gcs.url, 'token')

  test('one request, its conditions and its checksum', async () => {
    const { bucket } = await open()
    const file = bucket.file('a/b c+ü%41')
    const content = patterned(100_000)
    const create = { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }
    await file.save(content, create)
    await expect(file.save('other', create)).rejects.toMatchObject({ code: 412 })
    const [metadata] = await file.getMetadata()
    expect(metadata).toMatchObject({ size: '100000', name: 'a/b c+ü%41' })
    await file.save('next', { resumable: false, preconditionOpts: { ifGenerationMatch: metadata.generation } })
    await expect(
      file.save('late', { resumable: false, preconditionOpts: { ifGenerationMatch: metadata.generation } }),
    ).rejects.toMatchObject({ code: 412 })
    await expect(
      file.save('x', { resumable: false, metadata: { md5Hash: Buffer.alloc(16).toString('base64') } }),
    ).rejects.toMatchObject({ code: 400 })
    expect((await file.download())[0].toString()).toBe('next')
  })

  test('reading whole, with checksums, and by range', async () => {
    const { bucket } = await open()
    const content = patterned(mebibyte)
    await bucket.file('read').save(content, { resumable: false })
    expect((await bucket.file('read').download({ validation: 'crc32c' }))[0].equals(content)).toBe(true)
    expect(
      (await bucket.file('read').download({ start: 1000, end: 1999 }))[0].equals(content.subarray(1000, 2000)),
    ).toBe(true)
    await expect(bucket.file('absent').download()).rejects.toMatchObject({ code: 404 })
  })

  test('a resumable upload in chunks', async () => {
    // Of resumable uploads Google's client sends no credentials to anybody but Google.
    gcs.tokens.clear()
    const { bucket } = await open()
    const content = patterned(mebibyte + 7)
    await bucket.file('chunks').save(content, { resumable: true, chunkSize: 256 * 1024, validation: 'crc32c' })
    expect(gcs.requests.filter(({ status }) => status === 308)).toHaveLength(4)
    expect((await bucket.file('chunks').download())[0].equals(content)).toBe(true)
  })

  test('pages, prefixes and offsets of a listing', async () => {
    const { bucket } = await open()
    for (const name of ['a/1', 'a/2', 'b', 'c/1', 'é', '！', '😀'])
      await bucket.file(name).save(name, { resumable: false })
    const names = async (query: object) => {
      const found: string[] = []
      for (let next: object | null = { ...query, maxResults: 2, autoPaginate: false }; next !== null; ) {
        const [files, following]: [{ name: string }[], object | null, unknown] = await bucket.getFiles(next)
        found.push(...files.map(({ name }) => name))
        next = following
      }
      return found
    }
    expect(await names({})).toEqual(['a/1', 'a/2', 'b', 'c/1', 'é', '！', '😀'])
    expect(await names({ prefix: 'a/', startOffset: 'a/2' })).toEqual(['a/2'])
    const [, , response] = await bucket.getFiles({ delimiter: '/', autoPaginate: false })
    expect(response).toMatchObject({ prefixes: ['a/', 'c/'] })
  })

  test('a copy that takes several rewrites', async () => {
    Object.assign(gcs.quirks, { rewriteBytesPerCall: mebibyte })
    const { bucket } = await open()
    const content = patterned(3 * mebibyte)
    await bucket.file('from').save(content, { resumable: false })
    await bucket.file('from').copy(bucket.file('to'))
    expect(gcs.requests.filter(({ path }) => path.includes('/rewriteTo/'))).toHaveLength(3)
    expect((await bucket.file('to').download())[0].equals(content)).toBe(true)
  })

  test('a deletion under a condition', async () => {
    const { bucket } = await open()
    await bucket.file('gone').save('x', { resumable: false })
    await expect(bucket.file('gone').delete({ ifGenerationMatch: 1 })).rejects.toMatchObject({ code: 412 })
    await bucket.file('gone').delete()
    await expect(bucket.file('gone').delete()).rejects.toMatchObject({ code: 404 })
  })

  test('a multipart upload of the XML API', async () => {
    const { bucket, uploadInChunks } = await open()
    const content = patterned(11 * mebibyte)
    const file = path.join(folder, 'large')
    await writeFile(file, content)
    await uploadInChunks(file, { uploadName: 'parts', chunkSizeBytes: 5 * mebibyte, validation: 'md5' })
    expect(gcs.requests.filter(({ path }) => path.includes('partNumber='))).toHaveLength(3)
    expect((await bucket.file('parts').download())[0].equals(content)).toBe(true)
  })
})

test('the SDK of S3 lists, goes on with and gives up multipart uploads at the fake’s XML API', async () => {
  await using open = await startFakeGcs()
  const client = new s3.S3Client({
    endpoint: open.url,
    region: 'auto',
    forcePathStyle: true,
    credentials: { accessKeyId: 'GOOG', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  const where = { Bucket: 'bucket', Key: 'dir/a & b' }
  const part = patterned(5 * mebibyte)
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(where))
  await client.send(new s3.CreateMultipartUploadCommand(where))
  const sent = await client.send(new s3.UploadPartCommand({ ...where, UploadId, PartNumber: 1, Body: part }))
  await client.send(new s3.UploadPartCommand({ ...where, UploadId, PartNumber: 2, Body: part.subarray(0, 10) }))
  const parts = await client.send(new s3.ListPartsCommand({ ...where, UploadId, MaxParts: 1 }))
  expect(parts.Parts).toMatchObject([{ PartNumber: 1, Size: part.length, ETag: sent.ETag }])
  expect([parts.IsTruncated, parts.NextPartNumberMarker]).toEqual([true, '1'])
  const first = await client.send(
    new s3.ListMultipartUploadsCommand({ Bucket: 'bucket', Prefix: 'dir/', MaxUploads: 1 }),
  )
  const markers = { KeyMarker: first.NextKeyMarker, UploadIdMarker: first.NextUploadIdMarker }
  const second = await client.send(new s3.ListMultipartUploadsCommand({ Bucket: 'bucket', ...markers }))
  const ids = [first, second].flatMap(({ Uploads = [] }) => Uploads.map(upload => upload.UploadId))
  expect([ids.length, new Set(ids).size, ids.includes(UploadId), second.IsTruncated]).toEqual([2, 2, true, false])
  const other = ids.find(id => id !== UploadId)
  await client.send(new s3.AbortMultipartUploadCommand({ ...where, UploadId: other }))
  await expect(client.send(new s3.ListPartsCommand({ ...where, UploadId: other }))).rejects.toMatchObject({
    name: 'NoSuchUpload',
  })
  const wrong = { Parts: [{ PartNumber: 1, ETag: '"wrong"' }] }
  await expect(
    client.send(new s3.CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: wrong })),
  ).rejects.toMatchObject({ name: 'InvalidPart' })
  await client.send(
    new s3.CompleteMultipartUploadCommand({
      ...where,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: sent.ETag }] },
    }),
  )
  expect(open.bucket('bucket').objects.get(where.Key)?.content.equals(part)).toBe(true)
  client.destroy()
})

describeWithServices(['rclone'], 'the fake of Google Cloud Storage and rclone', () => {
  function rclone() {
    const tool = peer('rclone')
    const env = {
      RCLONE_CONFIG: '',
      RCLONE_CONFIG_GCS_TYPE: 'google cloud storage',
      RCLONE_CONFIG_GCS_ENDPOINT: `${gcs.url}/storage/v1/`,
      RCLONE_CONFIG_GCS_ACCESS_TOKEN: 'token',
      RCLONE_CONFIG_GCS_BUCKET_POLICY_ONLY: 'true',
    }
    return (...args: string[]) => tool.run(['--retries=1', '--low-level-retries=1', ...args], { env, cwd: folder })
  }

  test('uploads, lists, reads, copies and deletes', async () => {
    const run = rclone()
    const content = patterned(17 * mebibyte)
    await writeFile(path.join(folder, 'large'), content)
    await writeFile(path.join(folder, 'small'), 'small')
    await run('copyto', 'small', 'gcs:bucket/dir/small')
    await run('copyto', 'large', 'gcs:bucket/dir/large')
    expect(gcs.requests.filter(({ path }) => path.includes('upload_id=')).length).toBeGreaterThan(1)
    expect((await run('lsf', '-R', 'gcs:bucket')).split('\n').sort()).toEqual(['', 'dir/', 'dir/large', 'dir/small'])
    await run('copyto', 'gcs:bucket/dir/large', 'gcs:bucket/copy')
    expect(gcs.requests.some(({ path }) => path.includes('/rewriteTo/'))).toBe(true)
    await run('copyto', 'gcs:bucket/copy', 'back')
    expect((await readFile(path.join(folder, 'back'))).equals(content)).toBe(true)
    expect(await run('cat', '--offset=1', '--count=3', 'gcs:bucket/dir/small')).toBe('mal')
    await run('deletefile', 'gcs:bucket/copy')
    expect([...gcs.bucket('bucket').objects.keys()].sort()).toEqual(['dir/large', 'dir/small'])
  })
})
