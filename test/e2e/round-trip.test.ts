import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { filesBelow, fixtures, newFolder } from './lading.ts'

const layouts = [
  'hello-world-docker-v2-manifest-list',
  'hello-world-cosign-manifest-list',
  'many-layers',
  'artifacts-and-referrers',
]

interface Entry {
  readonly digest: string
  readonly mediaType: string
  readonly size: number
}

async function entriesOf(layout: string): Promise<Entry[]> {
  return JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8')).manifests
}

describe.each(layouts)('%s', name => {
  // every entry is copied, those that are lists of referrers too: what is attached need not come once more
  const alone = { referrers: false }

  test('goes through a bucket and back with every digest unchanged', async () => {
    const layout = path.join(fixtures, 'oci', name)
    const folder = await newFolder()
    const entries = await entriesOf(layout)
    for (const [at, entry] of entries.entries()) {
      const inBucket = `local://${folder}/bucket//app/${name}:entry-${at}`
      const back = `oci:${folder}/back:entry-${at}`
      expect((await copyImage(`oci:${layout}:@${at}`, inBucket, alone)).digest).toBe(entry.digest)
      expect((await copyImage(inBucket, back, alone)).digest).toBe(entry.digest)
      const described = await inspectImage(back)
      expect(described).toMatchObject({ digest: entry.digest, mediaType: entry.mediaType, size: entry.size })
    }
    // Everything that the entries reach is there, byte for byte, and nothing else is.
    for (const file of (await filesBelow(path.join(folder, 'back'))).filter(each => each.startsWith('blobs/'))) {
      const [before, after] = await Promise.all(
        [layout, path.join(folder, 'back')].map(root => readFile(path.join(root, file))),
      )
      expect(after?.equals(before ?? new Uint8Array())).toBe(true)
    }
  })
})

test('names of a layout lead to the same images as positions do', async () => {
  const layout = path.join(fixtures, 'oci/artifacts-and-referrers')
  const entries = await entriesOf(layout)
  expect((await inspectImage(`oci:${layout}:loop`)).digest).toBe(entries[20]?.digest)
  const cosign = path.join(fixtures, 'oci/hello-world-cosign-manifest-list')
  const signature = '_cosign:sha256-00e1ee7c898a2c393ea2fe7680938f8dcbe55e51fbf08032cf37326a677f92ed.att'
  expect((await inspectImage(`oci:${cosign}:${signature}`)).digest).toMatch(/^sha256:165760e771f0/)
})

test('an image of sha512 digests stays one', async () => {
  const folder = await newFolder()
  const image = buildIndex(
    { 'linux/amd64': { algorithm: 'sha512' }, 'linux/arm64': { algorithm: 'sha512' } },
    { algorithm: 'sha512' },
  )
  await writeLayout(path.join(folder, 'layout'), { v1: image })
  const bucket = `local://${folder}/bucket//app:v1`
  expect((await copyImage(`oci:${folder}/layout:v1`, bucket)).digest).toBe(image.root.digest)
  expect((await copyImage(`local://${folder}/bucket//app@${image.root.digest}`, `oci:${folder}/back:v1`)).digest).toBe(
    image.root.digest,
  )
  const blobs = (await filesBelow(path.join(folder, 'back'))).filter(file => file.startsWith('blobs/sha512/'))
  expect(blobs).toHaveLength(image.blobs.size)
})

test('a second copy moves no blob and changes nothing', async () => {
  const folder = await newFolder()
  const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': { layers: [new Uint8Array(2_000_000)] } })
  await writeLayout(path.join(folder, 'layout'), { v1: image, other: buildImage() })
  const source = `oci:${folder}/layout:v1`
  for (const target of [`local://${folder}/bucket//app:v1`, `oci:${folder}/copy:v1`]) {
    expect(await copyImage(source, target)).toMatchObject({ changed: true, blobs: { present: 0 } })
    const before = await filesBelow(folder)
    expect(await copyImage(source, target)).toMatchObject({
      changed: false,
      blobs: { copied: 0 },
      bytes: { copied: 0 },
    })
    expect(await filesBelow(folder)).toEqual(before)
  }
})

test.each([
  ['v2', 5],
  ['loop', 1],
  ['child', 1],
  ['v1', 1],
  ['mirror', 0],
])('what is attached to %s in a layout of another tool comes through a bucket and back', async (name, count) => {
  const layout = `oci:${path.join(fixtures, 'oci/artifacts-and-referrers')}:${name}`
  const folder = await newFolder()
  const [bucket, back] = [`local://${folder}/bucket//app:${name}`, `oci:${folder}/back:${name}`]
  await copyImage(layout, bucket)
  await copyImage(bucket, back)
  const attachedTo = async (place: string) => {
    const { attached = [] } = await inspectImage(place, { referrers: true })
    return attached.map(one => JSON.stringify(one)).sort()
  }
  const before = await attachedTo(layout)
  expect(before).toHaveLength(count)
  for (const place of [bucket, back]) expect(await attachedTo(place)).toEqual(before)
})
