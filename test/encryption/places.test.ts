import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyImage } from '../../src/copy/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { buildReferrer } from '../../src/testing/build-referrer.ts'
import { type FakeRegistry, startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { editLayout } from './edit-layout.ts'
import { blobsIn, decrypting, encrypted, encrypting, folder, given, image, plainBlobs } from './encrypted-images.ts'

let registry: FakeRegistry
beforeEach(async () => {
  registry = await startFakeRegistry()
})
afterEach(async () => await registry[Symbol.asyncDispose]())

const places: readonly (readonly [string, (name: string) => string])[] = [
  ['a registry', name => `docker://${registry.host}/${name}:v1`],
  ['a bucket', name => `local://${folder}/bucket//${name}:v1`],
  ['a layout', name => `oci:${folder}/${name}:v1`],
  ['an archive', name => `oci-archive:${folder}/${name}.tar:v1`],
  ['a directory', name => `dir:${folder}/${name}`],
]

describe.each(places)('in %s', (_, at) => {
  test('an image is encrypted, lies there so, and is decrypted', async () => {
    await copyImage(await given(), at('encrypted'), encrypting)
    await copyImage(at('encrypted'), `oci:${folder}/as-it-is:v1`)
    expect((await blobsIn('as-it-is')).filter(digest => plainBlobs.includes(digest))).toEqual([])
    await copyImage(at('encrypted'), at('opened'), decrypting)
    const { digest } = await copyImage(at('opened'), `oci:${folder}/opened-here:v1`)
    expect(digest).toBe(image.root.digest)
  })
})

const tampered = async () => {
  const source = await encrypted()
  await editLayout(`${folder}/encrypted`, layers =>
    layers.map(({ descriptor, bytes }) => ({
      descriptor,
      bytes: bytes.map((byte, place) => (place === bytes.byteLength - 1 ? byte ^ 1 : byte)),
    })),
  )
  return source
}

test('a registry keeps nothing of a layer that was changed', async () => {
  const copied = copyImage(await tampered(), `docker://${registry.host}/app:v1`, decrypting)
  await expect(copied).rejects.toMatchObject({ code: 'not-authentic' })
  const repository = registry.repository('app')
  expect([...repository.blobs.keys()].filter(digest => plainBlobs.includes(digest))).toEqual([])
  expect([...repository.blobs.values()].every(bytes => bytes.byteLength < 1000)).toBe(true)
  expect([...repository.tags]).toEqual([])
})

test('a bucket keeps nothing of a layer that was changed', async () => {
  const copied = copyImage(await tampered(), `local://${folder}/bucket//app:v1`, decrypting)
  await expect(copied).rejects.toMatchObject({ code: 'not-authentic' })
  const files = await readdir(`${folder}/bucket`, { recursive: true, withFileTypes: true }).catch(() => [])
  expect(files.filter(file => file.isFile() && !file.parentPath.includes('lease')).map(({ name }) => name)).toEqual([])
})

test('what is attached to an image does not go with the encrypted one, and that is said', async () => {
  const repository = registry.repository('app')
  await copyImage(await given(), `docker://${registry.host}/app:v1`)
  const note = buildReferrer(image.root, { artifactType: 'application/spdx+json', body: 'what is in it' })
  for (const [digest, bytes] of note.blobs) {
    if (digest === note.root.digest) repository.addManifest(note.root.mediaType, bytes)
    else repository.blobs.set(digest, bytes)
  }
  const { attachments } = await copyImage(`docker://${registry.host}/app:v1`, `oci:${folder}/encrypted:v1`, encrypting)
  expect(attachments?.copied).toEqual({ signatures: 0, attestations: 0, sboms: 0, others: 0 })
  expect(attachments?.leftOut).toMatchObject([{ subject: image.root.digest, sboms: 1 }])
  expect(await blobsIn('encrypted')).not.toContain(digestOf(Buffer.from('what is in it')))
})
