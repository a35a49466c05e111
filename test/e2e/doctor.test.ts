import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DoctorReport, RepairResult } from '../../src/bucket/index.ts'
import { blobKey } from '../../src/layout/index.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { type CephServer, startCeph } from '../services/start-ceph.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { environmentOf, sdkClient } from '../stores/s3-place.ts'
import { lading, newFolder } from './lading.ts'

const filled = (value: number, size: number) => new Uint8Array(size).fill(value)
const [shared, amd, arm] = [filled(1, 3_000_000), filled(2, 1000), filled(3, 2_000_000)]
const recipes = { 'linux/amd64': { layers: [shared, amd] }, 'linux/arm64': { layers: [shared, arm] } }
const image = buildIndex(recipes)
const armManifest = buildImage({ ...recipes['linux/arm64'], platform: 'linux/arm64' }).root.digest

describeWithServices(['radosgw', 'docker-registry'], 'a bucket of Ceph', () => {
  let ceph: CephServer
  let registry: RegistryServer
  let env: Readonly<Record<string, string>>
  let folder: string
  beforeAll(async () => {
    ceph = await startCeph()
    registry = await startRegistry()
    await sdkClient(ceph).createBucket({ Bucket: 'suite' })
    folder = await newFolder()
    env = environmentOf(ceph, path.join(folder, 'cache')) as Readonly<Record<string, string>>
    await writeLayout(path.join(folder, 'layout'), { v1: image })
  })
  afterAll(async () => {
    await ceph.stop()
    await registry.stop()
  })

  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await lading(words, { env })
    return { code, stdout, stderr }
  }
  const put = (root: string, digest: Digest, body: Uint8Array) =>
    sdkClient(ceph).putObject({ Bucket: 'suite', Key: `${root}/${blobKey(digest)}`, Body: body })
  const remove = (root: string, digest: Digest) =>
    sdkClient(ceph).deleteObject({ Bucket: 'suite', Key: `${root}/${blobKey(digest)}` })

  test('that is damaged in every way is told, mended from a registry, and healthy', async () => {
    const bucket = 's3://suite/mended//'
    await run('copy', `oci:${folder}/layout:v1`, `${registry.host}/app:v1`)
    await run('copy', `oci:${folder}/layout:v1`, `${bucket}app:v1`)
    expect(await run('doctor', bucket)).toMatchObject({ code: 0, stderr: '' })

    await remove('mended', digestOf(amd))
    await put('mended', digestOf(shared), filled(1, 1000))
    await put('mended', digestOf(arm), filled(9, arm.byteLength))
    const found = await run('doctor', bucket, '--verify', '--output', 'json')
    expect(found.code).toBe(1)
    const { incomplete } = JSON.parse(found.stdout) as DoctorReport
    expect(incomplete.flatMap(({ flaws }) => flaws.map(one => [one.digest, one.platform, one.flaw]))).toEqual([
      [digestOf(shared), 'linux/amd64', 'wrong-size'],
      [digestOf(amd), 'linux/amd64', 'missing'],
      [digestOf(shared), 'linux/arm64', 'wrong-size'],
      [digestOf(arm), 'linux/arm64', 'damaged'],
    ])

    await remove('mended', armManifest)
    const mended = await run('repair', bucket, '--verify', '--from', `${registry.host}/`, '--output', 'json')
    expect(mended.code).toBe(0)
    const { complete, pieces } = JSON.parse(mended.stdout) as RepairResult
    expect({ complete, pieces }).toEqual({ complete: true, pieces: 4 })
    expect(await run('doctor', bucket, '--verify')).toMatchObject({ code: 0 })

    const left = await sdkClient(ceph).listObjectsV2({ Bucket: 'suite', Prefix: 'mended/lading/' })
    expect(left.KeyCount).toBe(0)
  })

  test('is mended from another bucket, and what that lacks is named', async () => {
    const bucket = 's3://suite/first//'
    for (const root of ['first', 'second']) await run('copy', `oci:${folder}/layout:v1`, `s3://suite/${root}//app:v1`)
    await remove('first', digestOf(arm))
    await remove('second', digestOf(arm))
    await remove('first', digestOf(amd))
    const mended = await run('repair', `${bucket}app:v1`, '--from', 's3://suite/second//')
    expect(mended.code).toBe(1)
    expect(mended.stdout).toMatch(new RegExp(`^repaired app:v1 linux/amd64 layer ${digestOf(amd)} from `, 'm'))
    expect(mended.stdout).toMatch(new RegExp(`^missing  app:v1 linux/arm64 layer ${digestOf(arm)}: `, 'm'))
  })

  test('that is not there, or not to be read, has the exit code of that', async () => {
    expect(await run('doctor', 's3://nowhere/')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('failed   access'),
    })
    const stranger = { ...env, AWS_SECRET_ACCESS_KEY: 'another' }
    expect(await lading(['doctor', 's3://suite/'], { env: stranger })).toMatchObject({ code: 3 })
  })
})
