import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { copyImage, deleteImage } from '../copy/index.ts'
import { tagKeys } from '../layout/index.ts'
import { digestOf } from '../model/digest.ts'
import { maxManifestBytes } from '../model/manifest.ts'
import { openStore } from '../stores/index.ts'
import { checkBucket, cleanBucket, listDeletedTags, listImages, restoreTag, tagHistory, tagImage } from './index.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-oversized-'))
afterAll(() => rm(directory, { recursive: true }))

/** It begins like a manifest, and is one but for its size. */
const bytes = new Uint8Array(maxManifestBytes + 10).fill(0x20)
bytes.set(new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}'))
const digest = digestOf(bytes)

let root = ''
let count = 0
const reference = () => `local://${root}//app:v1`

beforeEach(async () => {
  root = join(directory, String(count++))
  await using store = await openStore({ scheme: 'local', root })
  await store.put(tagKeys('app', 'v1').manifest, bytes)
})

describe('a tag that holds more than a manifest can be', () => {
  test('is listed with its digest', async () => {
    const images = await Array.fromAsync(listImages(`local://${root}//`, { details: true }))
    expect(images).toEqual([{ image: 'app', tag: 'v1', digest, pushedAt: expect.any(Date) }])
    expect(await tagHistory(reference())).toMatchObject({ digest, pushes: [{ digest, current: true }] })
  })

  test('is no image', async () => {
    await expect(tagImage(reference(), 'v2')).rejects.toMatchObject({ code: 'too-large' })
  })

  test('is named by those who look at the whole bucket', async () => {
    expect(await checkBucket(`local://${root}//`)).toMatchObject({ incomplete: [{ image: 'app', tag: 'v1', digest }] })
    await expect(cleanBucket(`local://${root}//`)).rejects.toMatchObject({ code: 'bad-layout', subject: 'app:v1' })
  })

  test('is written over', async () => {
    await copyImage('oci:examples/hello:v1', reference())
    const { pushes } = await tagHistory(reference())
    expect(pushes.map(push => push.digest).slice(1)).toEqual([digest])
  })

  test('is deleted with a history that is too large, too', async () => {
    const { history } = tagKeys('app', 'v1')
    await using store = await openStore({ scheme: 'local', root })
    await store.put(history, bytes)
    await deleteImage(reference())
    expect(await store.head(history)).toBeUndefined()
  })

  test('is deleted, and its bytes are in the trash', async () => {
    expect(await deleteImage(reference(), { expect: digest })).toMatchObject({ digest, inTrash: true })
    const [deleted] = await Array.fromAsync(listDeletedTags(`local://${root}//`))
    expect(deleted).toMatchObject({ image: 'app', tag: 'v1', digest })
    await expect(restoreTag(reference())).rejects.toMatchObject({ code: 'too-large' })
  })
})
