import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { checkout } from '../structure/source-files.ts'
import { fixtures, newFolder } from './lading.ts'

const images = [
  ['an OCI index', `oci:${path.join(checkout, 'examples/hello')}:v1`],
  ['a Docker manifest list', `oci:${path.join(fixtures, 'oci/hello-world-docker-v2-manifest-list')}`],
  ['an image of many layers', `oci:${path.join(fixtures, 'oci/many-layers')}`],
] as const
const whole = ['copy', '--all', '--preserve-digests']

describeWithServices(['skopeo'], 'a directory of skopeo and ours', () => {
  test.each(images)('holds %s alike, and each reads what the other wrote', async (_, image) => {
    const folder = await newFolder()
    const [ours, theirs] = [path.join(folder, 'ours'), path.join(folder, 'theirs')]
    const { digest } = await copyImage(image, `dir:${ours}`)
    await peer('skopeo').run([...whole, `dir:${ours}`, `dir:${theirs}`])
    expect((await readdir(ours)).sort()).toEqual((await readdir(theirs)).sort())
    expect((await inspectImage(`dir:${theirs}`)).digest).toBe(digest)
    const back = await copyImage(`dir:${theirs}`, `oci:${path.join(folder, 'back')}:v1`)
    expect(back.digest).toBe(digest)
  })

  test('is taken over by either of them', async () => {
    const folder = await newFolder()
    const [directory, other] = [`dir:${path.join(folder, 'image')}`, `dir:${path.join(folder, 'other')}`]
    const [[, index], [, list], [, many]] = images
    await copyImage(index, directory)
    const { digest } = await copyImage(list, other)
    await peer('skopeo').run([...whole, other, directory])
    expect((await inspectImage(directory)).digest).toBe(digest)
    const last = await copyImage(many, directory)
    expect(last).toMatchObject({ changed: true, previous: digest })
    await peer('skopeo').run([...whole, directory, other])
    expect((await inspectImage(other)).digest).toBe(last.digest)
    expect((await readdir(path.join(folder, 'image'))).sort()).toEqual(
      (await readdir(path.join(folder, 'other'))).sort(),
    )
  })
})
