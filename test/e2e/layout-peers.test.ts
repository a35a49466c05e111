import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyImage, inspectImage } from '../../src/index.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { startRegistry } from '../services/start-registry.ts'
import { checkout } from '../structure/source-files.ts'
import { newFolder } from './lading.ts'

/** Of OCI types alone: skopeo and umoci put no Docker types into a layout. */
const image = `oci:${path.join(checkout, 'examples/hello')}:v1`
/** One platform at a time: umoci does not choose from an index. */
const linux = (architecture: string) => ({ platforms: [{ os: 'linux', architecture }] })

describeWithServices(['skopeo', 'oras', 'umoci'], 'a layout that we and others write to in turn', () => {
  test.each([
    {
      name: 'skopeo',
      give: (layout: string) => ['copy', '--all', '--preserve-digests', `oci:${layout}:ours`, `oci:${layout}:theirs`],
      read: (layout: string) => ['inspect', '--raw', `oci:${layout}:more`],
    },
    {
      name: 'oras',
      give: (layout: string) => ['tag', '--oci-layout', `${layout}:ours`, 'theirs'],
      read: (layout: string) => ['manifest', 'fetch', '--oci-layout', `${layout}:more`],
    },
    {
      name: 'umoci',
      give: (layout: string) => ['tag', '--image', `${layout}:ours`, 'theirs'],
      read: (layout: string) => ['stat', '--image', `${layout}:more`],
    },
  ] as const)('holds what $name and we put in, for both', async ({ name, give, read }) => {
    const layout = path.join(await newFolder(), 'layout')
    const { digest } = await copyImage(image, `oci:${layout}:ours`, linux('amd64'))
    const tool = peer(name)
    await tool.run(give(layout))
    const more = await copyImage(image, `oci:${layout}:more`, linux('arm64'))
    await tool.run(read(layout))
    for (const [entry, expected] of [
      ['ours', digest],
      ['theirs', digest],
      ['more', more.digest],
    ]) {
      expect((await inspectImage(`oci:${layout}:${entry}`)).digest).toBe(expected)
    }
  })
})

describeWithServices(['docker-registry', 'crane'], 'a layout that we wrote', () => {
  test('is pushed by crane', async () => {
    await using registry = await startRegistry()
    const layout = path.join(await newFolder(), 'layout')
    const { digest } = await copyImage(image, `oci:${layout}:v1`)
    await peer('crane').run(['push', '--insecure', '--index', layout, `${registry.host}/crane/hello:v1`])
    expect((await inspectImage(`${registry.host}/crane/hello@${digest}`)).digest).toBe(digest)
  })
})

/** Every file below a folder, by its path. */
async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name))
  return new Map(
    await Promise.all(files.map(async file => [path.relative(folder, file), await readFile(file)] as const)),
  )
}

describeWithServices(['skopeo'], 'a folder of blobs that layouts share', () => {
  const skopeo = (...words: string[]) => peer('skopeo').run(['--insecure-policy', 'copy', '--all', ...words])

  test('gets from us what it gets from skopeo, and so does the layout', async () => {
    const folder = await newFolder()
    const [ours, theirs] = [path.join(folder, 'ours'), path.join(folder, 'theirs')]
    await copyImage(image, `oci:${ours}/layout:v1`, { destinationSharedBlobDir: `${ours}/shared` })
    await mkdir(theirs)
    await skopeo('--dest-shared-blob-dir', `${theirs}/shared`, image, `oci:${theirs}/layout:v1`)
    expect(await filesOf(`${ours}/shared`)).toEqual(await filesOf(`${theirs}/shared`))
    expect([...(await filesOf(`${ours}/layout`)).keys()].sort()).toEqual(['index.json', 'oci-layout'])
    expect(await readdir(`${ours}/layout/blobs`)).toEqual(await readdir(`${theirs}/layout/blobs`))
  })

  test('is read by skopeo where we wrote it, and by us where it did', async () => {
    const folder = await newFolder()
    const shared = path.join(folder, 'shared')
    const { digest } = await copyImage(image, `oci:${folder}/ours:v1`, { destinationSharedBlobDir: shared })
    await skopeo('--preserve-digests', '--src-shared-blob-dir', shared, `oci:${folder}/ours:v1`, `dir:${folder}/read`)
    await skopeo('--dest-shared-blob-dir', shared, image, `oci:${folder}/theirs:v1`)
    const read = await copyImage(`oci:${folder}/theirs:v1`, `oci:${folder}/whole:v1`, { sourceSharedBlobDir: shared })
    expect(read.digest).toBe(digest)
  })
})

test('a layout whose blobs are elsewhere is not taken for damaged', async () => {
  const folder = await newFolder()
  await copyImage(image, `oci:${folder}/layout:v1`, { destinationSharedBlobDir: `${folder}/shared` })
  const copy = copyImage(`oci:${folder}/layout:v1`, `oci:${folder}/other:v1`, { sourceSharedBlobDir: `${folder}/none` })
  await expect(copy).rejects.toMatchObject({
    code: expect.stringMatching('not-found'),
    hint: expect.stringContaining(`${folder}/none`),
  })
})

test('a shared folder of blobs is not used for what is no layout, and that is said', async () => {
  const folder = await newFolder()
  const messages: string[] = []
  await copyImage(image, `dir:${folder}/there`, {
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    destinationSharedBlobDir: `${folder}/shared`,
    onEvent: event => event.type === 'warning' && messages.push(event.message),
  })
  expect(messages).toEqual([expect.stringContaining('not used for dir:')])
  expect(await readdir(folder)).toEqual(['there'])
})
