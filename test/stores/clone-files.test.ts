import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, mkdtempDisposable, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { copyImage } from '../../src/index.ts'
import { type Digest, digestParts } from '../../src/model/digest.ts'
import { openStore } from '../../src/stores/index.ts'
import { buildImage } from '../../src/testing/build-image.ts'
import { objectStoreSuite } from '../../src/testing/object-store-suite.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { useLanes } from '../lanes/use-lanes.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { findService, servicePath } from '../services/peer.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

const run = promisify(execFile)
const layerBytes = 20_000_000

/** A file system of its own, where this machine lets us mount one: as root, and not in every container. */
async function mountBtrfs(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || findService('mkfs.btrfs') === undefined) return undefined
  const folder = await mkdtemp(path.join(temporaryFolder(), 'btrfs-'))
  const image = path.join(folder, 'disk')
  await writeFile(image, '')
  await truncate(image, 300 * 1024 * 1024)
  await run(servicePath('mkfs.btrfs'), ['-q', image])
  const place = path.join(folder, 'mounted')
  await mkdir(place)
  const refusal = await run('mount', ['-o', 'loop', image, place]).then(
    () => undefined,
    (error: unknown) => error,
  )
  afterAll(async () => {
    if (refusal === undefined) await run('umount', [place])
    await rm(folder, { recursive: true })
  })
  return refusal === undefined ? place : undefined
}

/** Empty where there is none. */
const mounted = (await mountBtrfs()) ?? ''

describeWithServices(['mkfs.btrfs'], 'a file system whose files share their bytes', () => {
  describe.skipIf(mounted === '')('where one can be mounted', () => {
    let opened = 0
    objectStoreSuite(
      { describe, test },
      {
        name: 'local on btrfs',
        open: () => openStore({ scheme: 'local', root: path.join(mounted, String(opened++)) }),
      },
    )

    test('an image is copied within it without being read, and takes no room', async () => {
      useLanes('server-side')
      const layout = path.join(mounted, 'layout')
      const image = buildImage({ layers: [randomBytes(layerBytes)] })
      await writeLayout(layout, { v1: image })
      const used = async () => {
        await run('sync', ['-f', mounted])
        const { blocks, bfree, bsize } = await statfs(mounted)
        return (blocks - bfree) * bsize
      }
      const before = await used()
      for (const to of [`local://${mounted}/store//app:v1`, `oci:${mounted}/other:v1`, `dir:${mounted}/dir`]) {
        const { digest, blobs } = await copyImage(`oci:${layout}`, to)
        expect(digest).toBe(image.root.digest)
        expect(blobs).toMatchObject({ mounted: 2, copied: 0 })
      }
      expect((await used()) - before).toBeLessThan(layerBytes / 2)
    })

    test('a copy has the permissions of what is written, not those of what it is a copy of', async () => {
      useLanes('server-side')
      const layout = path.join(mounted, 'mine')
      const image = buildImage()
      await writeLayout(layout, { v1: image })
      for (const digest of image.blobs.keys()) await chmod(path.join(layout, fileOf(digest)), 0o4400)
      const { blobs } = await copyImage(`oci:${layout}`, `oci:${mounted}/shared:v1`)
      expect(blobs).toMatchObject({ mounted: 2 })
      await writeFile(path.join(mounted, 'new'), '')
      const { mode } = await stat(path.join(mounted, 'new'))
      for (const digest of image.blobs.keys())
        expect((await stat(path.join(mounted, 'shared', fileOf(digest)))).mode).toBe(mode)
    })
  })
})

function fileOf(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest)
  return path.join('blobs', algorithm, hex)
}

test('where files cannot share their bytes they are copied, and checked', async () => {
  await using other = await mkdtempDisposable('/dev/shm/lading-')
  const layout = await mkdtemp(path.join(temporaryFolder(), 'layout-'))
  const image = buildImage()
  await writeLayout(layout, { v1: image })
  const { digest, blobs } = await copyImage(`oci:${layout}`, `local://${other.path}//app:v1`)
  expect(digest).toBe(image.root.digest)
  expect(blobs).toMatchObject({ mounted: 0, copied: 2 })
})
