import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { bytes, listed } from '../../src/testing/object-store/store-contents.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { useCeph } from '../services/use-ceph.ts'
import { sdkClient } from './s3-place.ts'

describeWithServices(['radosgw'], 'what Ceph tells for cleaning', () => {
  const ceph = useCeph('plain')

  const open = async (root: string) => (await ceph.open(root)).store

  test('unfinished uploads are listed past a page, below the prefix, and removed', async () => {
    const sdk = sdkClient(ceph.server)
    const store = await open('plain/team')
    const left = Array.from({ length: 1005 }, (_, i) => `team/${String(i).padStart(4, '0')}`)
    const begin = async (Key: string) => (await sdk.createMultipartUpload({ Bucket: 'plain', Key })).UploadId
    const expected = left.map(key => key.slice('team/'.length))
    const beginSome = async () => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) await begin(key)
    }
    await Promise.all([begin('teams/a'), ...Array.from({ length: 16 }, beginSome)])
    const UploadId = await begin('team/0000')
    await sdk.uploadPart({ Bucket: 'plain', Key: 'team/0000', UploadId, PartNumber: 1, Body: Buffer.alloc(1000) })
    const found = await Array.fromAsync(store.unfinished?.() ?? [])
    expect(found.map(({ key }) => key).sort()).toEqual(['0000', ...expected])
    expect(found.every(({ started }) => started !== undefined)).toBe(true)
    const sizes = await Promise.all(found.slice(0, 2).map(upload => upload.size()))
    expect(sizes.sort()).toEqual([0, 1000])
    await Promise.all(found.map(upload => upload.remove?.()))
    expect(await Array.fromAsync(store.unfinished?.() ?? [])).toEqual([])
    await found[0]?.remove?.()
  })

  test('versions and locks are told', async () => {
    const sdk = sdkClient(ceph.server)
    await sdk.createBucket({ Bucket: 'locked', ObjectLockEnabledForBucket: true })
    const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } } as const
    await sdk.putObjectLockConfiguration({
      Bucket: 'locked',
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
    })
    await sdk.createBucket({ Bucket: 'paused' })
    for (const Status of ['Enabled', 'Suspended'] as const)
      await sdk.putBucketVersioning({ Bucket: 'paused', VersioningConfiguration: { Status } })
    const told = async (root: string) => await (await open(root)).retention?.()
    expect(await told('plain')).toEqual({ versions: 'off', lockedDays: 0, softDeleteDays: 0 })
    expect(await told('locked')).toEqual({ versions: 'on', lockedDays: 30, softDeleteDays: 0 })
    expect(await told('paused')).toEqual({ versions: 'suspended', lockedDays: 0, softDeleteDays: 0 })
    await expect(told('absent')).rejects.toMatchObject({ code: 'bucket-not-found' })
  })

  test('objects of a locked bucket are deleted, which leaves a version', async () => {
    const sdk = sdkClient(ceph.server)
    await sdk.createBucket({ Bucket: 'kept', ObjectLockEnabledForBucket: true })
    const store = await open('kept')
    await store.put('a', bytes('x'))
    expect(await Array.fromAsync(store.deleteMany(['a', 'absent']))).toEqual([{ key: 'a' }, { key: 'absent' }])
    expect(await listed(store, '')).toEqual([])
    const { Versions, DeleteMarkers } = await sdk.listObjectVersions({ Bucket: 'kept' })
    expect(Versions?.map(({ Key, Size }) => [Key, Size])).toEqual([['a', 1]])
    expect(DeleteMarkers?.map(({ Key }) => Key)).toContain('a')
  })

  test('classes are told', async () => {
    const store = await open('plain/classes')
    await store.put('blob', bytes('x'), { content: digestOf(bytes('x')) })
    await store.put('tag', bytes('x'))
    const told = async (key: string) => (await store.head(key))?.storageClass
    expect([await told('blob'), await told('tag')]).toEqual(['INTELLIGENT_TIERING', 'STANDARD'])
    const classes = await Array.fromAsync(store.list(''), entry =>
      entry.kind === 'object' ? entry.info.storageClass : undefined,
    )
    expect(classes).toEqual(['INTELLIGENT_TIERING', 'STANDARD'])
  })
})
