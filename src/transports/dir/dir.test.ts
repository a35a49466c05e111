import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Digest } from '../../model/digest.ts'
import { bytesOf } from '../../streams/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { type Expectation, keepsEverything } from '../transport.ts'
import { openDirDestination } from './destination.ts'
import { parseDirReference } from './reference.ts'
import { openDirSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-dir-'))
afterAll(() => rm(folder, { recursive: true }))

let opened = 0
const newDirectory = () => path.join(folder, String(opened++))

const warnings: string[] = []
const context = { warn: (message: string) => void warnings.push(message) }
const openDestination = (directory: string) => openDirDestination(parseDirReference(`dir:${directory}`), context)
const openSource = (directory: string) => openDirSource(parseDirReference(`dir:${directory}`))

transportSuite(
  { describe, test },
  {
    name: 'dir:',
    async place() {
      const directory = newDirectory()
      return { source: () => openSource(directory), destination: () => openDestination(directory) }
    },
  },
)

const [one, two] = [buildImage({ layers: [new Uint8Array(1)] }), buildImage({ layers: [new Uint8Array(2)] })]
const amd64 = buildImage({ layers: [new Uint8Array(3)] })
const index = buildIndex({ 'linux/amd64': { layers: [new Uint8Array(3)] }, 'linux/arm64': {} })

/** As the engine does: nothing that is there is pushed again. */
async function write(directory: string, image: BuiltImage, expected?: Expectation) {
  await using to = await openDestination(directory)
  await pushBelow(to, image)
  return await commit(to, image, expected)
}

async function pushBelow(to: Awaited<ReturnType<typeof openDestination>>, { root, blobs }: BuiltImage): Promise<void> {
  for (const [digest, bytes] of blobs) {
    const isManifest = Buffer.from(bytes).includes('"layers":') && digest !== root.digest
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const node = { kind: isManifest ? 'manifest' : 'layer', mediaType, digest, size: bytes.byteLength } as const
    if (digest !== root.digest && !(await to.has(node))) await to.push(node, bytesOf(bytes))
  }
}

function commit(to: Awaited<ReturnType<typeof openDestination>>, { root, blobs }: BuiltImage, expected?: Expectation) {
  const options = { force: false, imageBytes: 1, ...(expected === undefined ? {} : { expect: expected }) }
  return to.commit(root, blobs.get(root.digest) ?? new Uint8Array(), options)
}

const hexOf = (digest: Digest) => digest.slice(digest.indexOf(':') + 1)

function filesOf(image: BuiltImage): string[] {
  const below = [...image.blobs].filter(([digest]) => digest !== image.root.digest)
  const names = below.map(([digest, bytes]) =>
    Buffer.from(bytes).includes('"layers":') ? `${hexOf(digest)}.manifest.json` : hexOf(digest),
  )
  return [...names, 'manifest.json', 'version'].sort()
}

const filesIn = async (directory: string) => (await readdir(directory)).sort()

describe('a directory', () => {
  test('holds the files that skopeo writes, and no more', async () => {
    const directory = newDirectory()
    await write(directory, index)
    expect(await filesIn(directory)).toEqual(filesOf(index))
    expect(await readFile(path.join(directory, 'version'), 'utf8')).toBe('Directory Transport Version: 1.1\n')
  })

  test('holds one image: what only the one before had is removed, files of others are not', async () => {
    const directory = newDirectory()
    await write(directory, index)
    const stale = ['signature-1', `${'a'.repeat(64)}.signature-1`, 'b'.repeat(64), `${'c'.repeat(128)}.manifest.json`]
    const foreign = ['README', 'notes.manifest.json', 'signature-x', 'd'.repeat(63)]
    for (const name of [...stale, ...foreign]) await writeFile(path.join(directory, name), 'x')
    await mkdir(path.join(directory, 'e'.repeat(64)))
    expect(await write(directory, one)).toEqual({ changed: true, previous: index.root.digest })
    expect(await filesIn(directory)).toEqual([...filesOf(one), ...foreign, 'e'.repeat(64)].sort())
    expect(warnings).toEqual([])
  })

  test('loses what killed copies left of blobs, where they have certainly ended', async () => {
    const directory = newDirectory()
    await write(directory, one)
    const uploads = path.join(directory, 'lading/uploads')
    await mkdir(uploads, { recursive: true })
    for (const name of ['old', 'new']) await writeFile(path.join(uploads, name), 'x')
    await utimes(path.join(uploads, 'old'), 1, 1)
    await write(directory, two)
    expect(await readdir(uploads)).toEqual(['new'])
  })

  test('keeps its signatures where the same image is copied again', async () => {
    const directory = newDirectory()
    await write(directory, one)
    await writeFile(path.join(directory, 'signature-1'), 'x')
    expect(await write(directory, one)).toEqual({ changed: false, previous: one.root.digest })
    expect(await filesIn(directory)).toContain('signature-1')
  })

  test('goes from an image to the index that names it, and back', async () => {
    const directory = newDirectory()
    expect([...index.blobs.keys()]).toContain(amd64.root.digest)
    await write(directory, amd64)
    await write(directory, index)
    expect(await filesIn(directory)).toEqual(filesOf(index))
    await write(directory, amd64)
    expect(await filesIn(directory)).toEqual(filesOf(amd64))
  })

  test('knows its image under a sha512 digest', async () => {
    const directory = newDirectory()
    const image = buildImage({ algorithm: 'sha512' })
    await write(directory, image)
    expect(await filesIn(directory)).toEqual(filesOf(image))
    expect(await write(directory, image)).toEqual({ changed: false, previous: image.root.digest })
  })

  test('shows the image before until the new one is committed', async () => {
    const directory = newDirectory()
    await write(directory, one)
    await using to = await openDestination(directory)
    await pushBelow(to, two)
    await using from = await openSource(directory)
    expect((await from.resolve()).digest).toBe(one.root.digest)
    await commit(to, two)
    expect((await from.resolve()).digest).toBe(two.root.digest)
  })

  test('is not committed to where another copy has removed what this one counts on', async () => {
    const directory = newDirectory()
    await write(directory, one)
    await using to = await openDestination(directory)
    await pushBelow(to, two)
    await write(directory, index)
    await expect(commit(to, two)).rejects.toMatchObject({
      code: 'precondition-failed',
      message: expect.stringContaining('is gone from the directory'),
    })
    await using from = await openSource(directory)
    expect((await from.resolve()).digest).toBe(index.root.digest)
    expect(await filesIn(directory)).toEqual(expect.arrayContaining(filesOf(index)))
  })

  test('is written under a condition where one is set', async () => {
    const directory = newDirectory()
    expect(await write(directory, one, 'absent')).toMatchObject({ changed: true })
    await expect(write(directory, two, 'absent')).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await write(directory, one, 'absent')).toMatchObject({ changed: false })
    await expect(write(directory, two, two.root.digest)).rejects.toMatchObject({ code: 'precondition-failed' })
    await write(directory, two, one.root.digest)
    await using to = await openDestination(directory)
    await expect(to.checkCommit?.(one.root, { force: false, expect: 'absent' })).rejects.toMatchObject({
      code: 'tag-exists',
    })
    await to.checkCommit?.(two.root, { force: false, expect: 'absent' })
  })

  test('of many that expect it empty, is written by one', async () => {
    const directory = newDirectory()
    const images = Array.from({ length: 8 }, (_, at) => buildImage({ layers: [new Uint8Array(10 + at)] }))
    const results = await Promise.allSettled(images.map(image => write(directory, image, 'absent')))
    const won = images.filter((_, at) => results[at]?.status === 'fulfilled')
    expect(won).toHaveLength(1)
    await using from = await openSource(directory)
    expect((await from.resolve()).digest).toBe(won[0]?.root.digest)
    expect(await filesIn(directory)).toEqual(expect.arrayContaining(won.flatMap(filesOf)))
  })

  test('keeps the traits of one that holds anything', async () => {
    await using to = await openDestination(newDirectory())
    expect(to.traits).toEqual({ ...keepsEverything, holdsSchema1: true })
  })
})

describe('where it may be written', () => {
  test.each<[string, (directory: string) => Promise<unknown>]>([
    ['nothing', async () => {}],
    ['an empty directory', directory => mkdir(directory)],
    [
      'what a killed copy left before its first file',
      directory => mkdir(`${directory}/lading/tmp`, { recursive: true }),
    ],
    ['another image', directory => write(directory, two)],
  ])('there is %s', async (_, prepare) => {
    const directory = newDirectory()
    await prepare(directory)
    await write(directory, one)
    expect(await filesIn(directory)).toEqual(filesOf(one))
  })

  test.each<[string, (directory: string) => Promise<unknown>, string]>([
    ['files of somebody', directory => writeFile(`${directory}/thesis.txt`, 'x'), 'bad-layout'],
    ['a version of something else', directory => writeFile(`${directory}/version`, '1.1\n'), 'bad-layout'],
    [
      'another version',
      directory => writeFile(`${directory}/version`, 'Directory Transport Version: 1.2\n'),
      'bad-layout',
    ],
  ])('it is refused over %s', async (_, prepare, code) => {
    const directory = newDirectory()
    await mkdir(directory)
    await prepare(directory)
    const before = await filesIn(directory)
    await expect(write(directory, one)).rejects.toMatchObject({ code, message: expect.stringContaining(directory) })
    expect(await filesIn(directory)).toEqual(before)
  })

  test('it is refused over a file', async () => {
    const file = newDirectory()
    await writeFile(file, 'x')
    await expect(write(file, one)).rejects.toMatchObject({ code: 'io' })
  })

  test('nothing is made before the first write', async () => {
    const directory = newDirectory()
    {
      await using to = await openDestination(directory)
      expect(await to.current()).toBeUndefined()
      expect(await to.manifest(one.root)).toBeUndefined()
    }
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('reading', () => {
  test('what is no image is refused with what is meant', async () => {
    const directory = newDirectory()
    await mkdir(directory)
    await writeFile(path.join(directory, 'index.json'), '{}')
    await using from = await openSource(directory)
    await expect(from.resolve()).rejects.toMatchObject({
      code: 'image-not-found',
      message: expect.stringContaining(directory),
    })
  })

  test('a manifest that is none is refused', async () => {
    const directory = newDirectory()
    await mkdir(directory)
    await writeFile(path.join(directory, 'manifest.json'), '[{"Config":"x.json"}]')
    await using from = await openSource(directory)
    await expect(from.resolve()).rejects.toMatchObject({ code: 'bad-manifest' })
  })

  test('a blob that is a link out of the directory is refused', async () => {
    const directory = newDirectory()
    await write(directory, one)
    const layer = [...one.blobs.keys()][0] ?? one.root.digest
    await rm(path.join(directory, hexOf(layer)))
    await symlink('/etc/passwd', path.join(directory, hexOf(layer)))
    await using from = await openSource(directory)
    const chunks = from.fetch({ kind: 'layer', mediaType: 'x', digest: layer, size: 1 })
    await expect(Array.fromAsync(chunks)).rejects.toMatchObject({ code: 'bad-layout' })
  })
})
