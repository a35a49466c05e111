import { readdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { filesBelow, lading, newFolder } from './lading.ts'

// What the pages of s3lo answer about cleaning, under its name and on a directory, whose files can be made old.

let folder: string
let bucket: string
const bytes = (text: string) => new TextEncoder().encode(text)
const s3lo = (...words: string[]) => lading(['s3lo', ...words], { cwd: folder })

beforeEach(async () => {
  folder = await newFolder()
  bucket = path.join(folder, 'store')
  const shared = bytes('a layer of both')
  await writeLayout(path.join(folder, 'layout'), {
    one: buildImage({ layers: [shared, bytes('one')] }),
    two: buildImage({ layers: [shared, bytes('two')] }),
  })
  await s3lo('init', '--local', 'store')
})

const push = async (image: string, reference: string) => {
  const run = await lading(['copy', `oci:./layout:${image}`, `local://./store/${reference}`], { cwd: folder })
  expect(run).toMatchObject({ code: 0 })
}

/** As if it had been stored two hours ago. */
async function age(): Promise<void> {
  const past = new Date(Date.now() - 2 * 3_600_000)
  for (const file of await filesBelow(bucket)) await utimes(path.join(bucket, file), past, past)
}

const blobs = () => readdir(path.join(bucket, 'blobs/sha256'))

describe('s3lo clean', () => {
  test('removes the blobs of an interrupted push, when they are an hour old, and the tag never was', async () => {
    await push('one', 'myapp:v1.0')
    const before = await blobs()
    await push('two', 'interrupted:v1')
    await s3lo('delete', 'local://./store/interrupted:v1')
    expect((await s3lo('list', 'local://./store/')).stdout).toBe('myapp:v1.0\n')
    const young = await s3lo('clean', 'local://./store/', '--blobs', '--confirm')
    expect(young.stdout).toContain('so new that a push may be bringing them')
    expect((await blobs()).length).toBeGreaterThan(before.length)
    await age()
    expect(await s3lo('clean', 'local://./store/', '--blobs', '--confirm')).toMatchObject({ code: 0, stderr: '' })
    expect((await blobs()).sort()).toEqual(before.sort())
    expect((await s3lo('doctor', 'local://./store/')).code).toBe(0)
  })

  test('says what it would do, and does nothing, without --confirm', async () => {
    await push('one', 'myapp:v1.0')
    await push('two', 'myapp:v2.0')
    await s3lo('config', 'set', 'local://./store/', 'lifecycle.keep_last=1')
    await age()
    const before = await filesBelow(bucket)
    const plan = await s3lo('clean', 'local://./store/')
    expect(plan.stdout).toMatch(/^myapp:v1\.0 .* not among the newest 1$/m)
    expect(plan.stdout).toContain('Tags:   1 would be deleted, of 2')
    expect(plan.stdout).toContain('--confirm')
    expect(await filesBelow(bucket)).toEqual(before)
    const done = await s3lo('clean', 'local://./store/', '--confirm')
    expect(done.stdout).toContain('Tags:   1 deleted, of 2')
    expect((await s3lo('list', 'local://./store/')).stdout).toBe('myapp:v2.0\n')
  })

  test('takes rules from a file, prunes tags alone, and leaves immutable images', async () => {
    await push('one', 'dev/app:1')
    await push('two', 'dev/app:2')
    await push('one', 'prod/app:1')
    await push('two', 'prod/app:2')
    await s3lo('config', 'set', 'local://./store/prod/app', 'immutable=true')
    const before = await blobs()
    const rules = path.join(folder, 'rules.yaml')
    await writeFile(rules, 'default:\n  lifecycle:\n    keep_last: 1\nimages:\n  prod/app:\n    immutable: true\n')
    await s3lo('clean', 'local://./store/', '--tags', '--config', 'rules.yaml', '--confirm')
    expect((await s3lo('list', 'local://./store/')).stdout).toBe('dev/app:2\nprod/app:1\nprod/app:2\n')
    expect(await blobs()).toEqual(before)
  })

  test('frees what deduplication shares only when the last image is gone', async () => {
    await push('one', 'myapp:v1.0')
    await push('two', 'otherapp:latest')
    expect(await blobs()).toHaveLength(7)
    await s3lo('delete', 'local://./store/myapp:v1.0')
    await age()
    await s3lo('clean', 'local://./store/', '--blobs', '--confirm')
    expect(await blobs()).toHaveLength(4)
    expect((await s3lo('doctor', 'local://./store/')).code).toBe(0)
  })
})

test('lading clean keeps for a week what it removes, and restore brings it back', async () => {
  const at = { cwd: folder }
  await push('one', 'myapp:v1.0')
  await push('two', 'myapp:v2.0')
  await lading(['config', 'set', 'local://./store/', 'lifecycle.keep_last=1'], at)
  await age()
  await lading(['clean', 'local://./store/', '--confirm'], at)
  expect((await lading(['list', 'local://./store/'], at)).stdout).toBe('myapp:v2.0\n')
  expect(await lading(['restore', 'local://./store/myapp:v1.0'], at)).toMatchObject({ code: 0 })
  expect((await lading(['list', 'local://./store/'], at)).stdout).toBe('myapp:v1.0\nmyapp:v2.0\n')
  expect(await lading(['doctor', 'local://./store/'], at)).toMatchObject({ code: 0 })
})
