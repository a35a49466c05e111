import { open, readFile, truncate } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { blobKey } from '../../src/layout/index.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { buildImage, buildIndex } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { newFolder } from './lading.ts'

const layer = new Uint8Array(1000).fill(7)
const image = buildIndex({ 'linux/amd64': { layers: [layer] } })
const manifest = buildImage({ layers: [layer] }).root

/** As a disk does: the size stays. */
async function overwrite(file: string): Promise<void> {
  await using handle = await open(file, 'r+')
  await handle.write('?', 0)
}

describe.each([
  ['a bucket', (root: string) => `local://${root}//app:v1`],
  ['an OCI layout', (root: string) => `oci:${root}:v1`],
])('what was damaged in %s since', (_, destination) => {
  test.each<[string, Digest, (file: string) => Promise<void>]>([
    ['a layer that is too short', digestOf(layer), file => truncate(file, 10)],
    ['the manifest of a platform', manifest.digest, overwrite],
    ['the root', image.root.digest, overwrite],
  ])('is replaced by the next copy: %s', async (_what, digest, damage) => {
    const folder = await newFolder()
    const source = path.join(folder, 'source')
    const root = path.join(folder, 'destination')
    await writeLayout(source, { v1: image })
    await copyImage(`oci:${source}:v1`, destination(root))
    const file = path.join(root, blobKey(digest))
    const whole = await readFile(file)
    await damage(file)
    await copyImage(`oci:${source}:v1`, destination(root))
    expect(await readFile(file)).toEqual(whole)
  })
})
