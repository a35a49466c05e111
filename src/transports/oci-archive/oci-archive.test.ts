import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '../../model/digest.ts'
import { bytesOf, createDraft } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { type BuiltImage, buildImage } from '../../testing/build-image.ts'
import { tarArchive } from '../../testing/tar-blocks.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import { openOciArchiveDestination } from './destination.ts'
import { parseOciArchiveReference } from './reference.ts'
import { openOciArchiveSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-archive-'))
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function newArchive(): Promise<string> {
  return path.join(await mkdtemp(path.join(folder, 'x')), `${files++}.tar`)
}

transportSuite(
  { describe, test },
  {
    name: 'oci-archive:',
    async place() {
      const reference = parseOciArchiveReference(`oci-archive:${await newArchive()}:v1`)
      return { source: () => openOciArchiveSource(reference), destination: () => openOciArchiveDestination(reference) }
    },
  },
)

const to = (file: string) => openOciArchiveDestination(parseOciArchiveReference(`oci-archive:${file}`))

async function pushed(destination: Awaited<ReturnType<typeof to>>, image: BuiltImage, expected?: 'absent' | Digest) {
  for (const [digest, bytes] of image.blobs) {
    const node = { kind: 'blob', mediaType: 'x', digest, size: bytes.byteLength } as const
    if (digest !== image.root.digest && !(await destination.has(node))) await destination.push(node, bytesOf(bytes))
  }
  const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
  return await destination.commit(image.root, bytes, { force: false, imageBytes: 1, expect: expected })
}

async function write(file: string, image: BuiltImage, expected?: 'absent' | Digest) {
  await using destination = await to(file)
  return await pushed(destination, image, expected)
}

async function namesIn(file: string): Promise<string[]> {
  const names = []
  for await (const { header } of readTar(bytesOf(await readFile(file)).open())) names.push(header.name)
  return names
}

const resolved = async (file: string) => {
  await using source = await openOciArchiveSource(parseOciArchiveReference(`oci-archive:${file}`))
  return (await source.resolve()).digest
}

const [one, two] = [buildImage({ layers: [new Uint8Array(1)] }), buildImage({ layers: [new Uint8Array(2)] })]

describe('an archive that is written', () => {
  test('begins with what it is, ends with what it holds, and has each blob once', async () => {
    const file = await newArchive()
    await write(`${file}:v1`, one)
    const names = await namesIn(file)
    expect(names[0]).toBe('oci-layout')
    expect(names.at(-1)).toBe('index.json')
    expect(names.slice(1, -1).toSorted()).toEqual(
      [...one.blobs.keys()].map(digest => `blobs/${digest.replace(':', '/')}`).toSorted(),
    )
    expect(await readdir(path.dirname(file))).toEqual([path.basename(file)])
  })

  test('replaces the one before it, whole', async () => {
    const file = await newArchive()
    await write(`${file}:v1`, one)
    expect(await write(`${file}:v2`, two)).toEqual({ changed: true })
    expect(await resolved(`${file}:v2`)).toBe(two.root.digest)
    await expect(resolved(`${file}:v1`)).rejects.toMatchObject({
      code: 'image-not-found',
      hint: expect.stringContaining('v2'),
    })
  })

  test('is not written again where the name has the image already', async () => {
    const file = await newArchive()
    await write(`${file}:v1`, one)
    const before = await readFile(file)
    expect(await write(`${file}:v1`, one)).toEqual({ changed: false, previous: one.root.digest })
    expect(await readFile(file)).toEqual(before)
  })

  test('takes over what the one before it has, and asks for that no more', async () => {
    const layer = new Uint8Array(300_000).fill(7)
    const [old, next] = [buildImage({ layers: [layer] }), buildImage({ layers: [layer, new Uint8Array(3)] })]
    const file = await newArchive()
    await write(`${file}:v1`, old)
    await using destination = await to(`${file}:v1`)
    expect(
      await destination.has({ kind: 'layer', mediaType: 'x', digest: digestOf(layer), size: layer.byteLength }),
    ).toBe(true)
    await pushed(destination, next)
    await using source = await openOciArchiveSource(parseOciArchiveReference(`oci-archive:${file}:v1`))
    for (const [digest, bytes] of next.blobs) {
      const node = { kind: 'blob', mediaType: 'x', digest, size: bytes.byteLength } as const
      expect(Buffer.concat(await Array.fromAsync(source.fetch(node)))).toEqual(Buffer.from(bytes))
    }
  })

  test('takes over nothing that is damaged', async () => {
    const layer = new Uint8Array(2000).fill(7)
    const file = await newArchive()
    await write(`${file}:v1`, buildImage({ layers: [layer] }))
    const bytes = await readFile(file)
    bytes.fill(8, bytes.indexOf(Buffer.from(layer)), bytes.indexOf(Buffer.from(layer)) + 10)
    await writeFile(file, bytes)
    await expect(write(`${file}:v1`, buildImage({ layers: [layer, new Uint8Array(3)] }))).rejects.toMatchObject({
      code: 'digest-mismatch',
      hint: expect.stringContaining(`remove ${file}`),
    })
    expect(await readFile(file)).toEqual(bytes)
    expect(await readdir(path.dirname(file))).toEqual([path.basename(file)])
  })

  test('is written where a link leads', async () => {
    const file = await newArchive()
    await write(file, one)
    await symlink(file, `${file}.link`)
    await write(`${file}.link`, two)
    expect(await resolved(file)).toBe(two.root.digest)
  })

  test('takes drafts, each blob once', async () => {
    const file = await newArchive()
    const layer = new Uint8Array(200_000).fill(9)
    const image = buildImage({ layers: [layer] })
    await using destination = await to(file)
    await destination.pushDraft?.(createDraft(bytesOf(layer).open()))
    await destination.pushDraft?.(createDraft(bytesOf(layer).open()))
    const failure = new Error('planted')
    await expect(
      destination.pushDraft?.(
        createDraft(
          (async function* () {
            yield layer
            throw failure
          })(),
        ),
      ),
    ).rejects.toBe(failure)
    await pushed(destination, image)
    expect((await namesIn(file)).filter(name => name.includes('blobs/'))).toHaveLength(image.blobs.size)
    expect(await resolved(file)).toBe(image.root.digest)
  })

  test('leaves nothing where it is not committed', async () => {
    const file = await newArchive()
    {
      await using destination = await to(file)
      await destination.push(
        { kind: 'layer', mediaType: 'x', digest: digestOf(new Uint8Array(5)), size: 5 },
        bytesOf(new Uint8Array(5)),
      )
      expect(await readdir(path.dirname(file))).toHaveLength(1)
    }
    expect(await readdir(path.dirname(file))).toEqual([])
  })

  test('is written only where there is none, where that is the condition', async () => {
    const file = await newArchive()
    expect(await write(`${file}:v1`, one, 'absent')).toEqual({ changed: true })
    expect(await write(`${file}:v1`, one, 'absent')).toMatchObject({ changed: false })
    await expect(write(`${file}:v1`, two, 'absent')).rejects.toMatchObject({ code: 'tag-exists' })
    await expect(write(`${file}:v2`, two, 'absent')).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await resolved(`${file}:v1`)).toBe(one.root.digest)
  })

  test('is written by one of several that want to be the first', async () => {
    const file = await newArchive()
    const images = [one, two, buildImage({ layers: [new Uint8Array(3)] })]
    const outcomes = await Promise.allSettled(images.map(image => write(file, image, 'absent')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'tag-exists' })
    }
    expect(await readdir(path.dirname(file))).toEqual([path.basename(file)])
  })

  test('cannot be replaced on the condition of a digest, and says so before anything is moved', async () => {
    const file = await newArchive()
    await write(`${file}:v1`, one)
    await using destination = await to(`${file}:v1`)
    const check = (root: BuiltImage, expected: Digest) =>
      destination.checkCommit?.(root.root, { force: false, expect: expected })
    await expect(check(two, one.root.digest)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(check(two, two.root.digest)).rejects.toMatchObject({ code: 'precondition-failed' })
    await check(one, two.root.digest)
  })
})

describe('what stands there already', () => {
  test.each<[string, Uint8Array, string]>([
    ['something else', Buffer.from('a letter to my aunt'), 'not a tar archive'],
    ['a tar archive of something else', tarArchive({ name: 'letter', body: 'x' }), 'no index.json'],
    ['a damaged archive', tarArchive({ name: 'index.json', body: 'x'.repeat(600) }).subarray(0, 700), 'cut off'],
    ['something compressed', gzipSync('a letter to my aunt'), 'not a tar archive'],
  ])('%s is not replaced', async (_, content, why) => {
    const file = await newArchive()
    await writeFile(file, content)
    await using destination = await to(file)
    for (const ask of [
      () => destination.current(),
      () => destination.checkCommit?.(one.root, { force: false }),
      () => pushed(destination, one),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: 'bad-archive', message: expect.stringContaining(why) })
    }
    expect(await readFile(file)).toEqual(Buffer.from(content))
  })

  test.each<[string, Uint8Array]>([
    ['nothing, as mktemp leaves it', new Uint8Array()],
    ['an archive that is compressed', gzipSync(tarArchive({ name: 'oci-layout', body: '{}' }))],
  ])('%s is replaced', async (_, content) => {
    const file = await newArchive()
    await writeFile(file, content)
    expect(await write(file, one)).toEqual({ changed: true })
    expect(await resolved(file)).toBe(one.root.digest)
  })

  test('a directory is refused, and so is a directory that is not there', async () => {
    await expect(to(folder)).rejects.toMatchObject({ code: 'bad-argument', hint: expect.stringContaining('oci:') })
    await expect(write(path.join(folder, 'absent', 'a.tar'), one)).rejects.toMatchObject({
      code: 'io',
      hint: `make the directory ${path.join(folder, 'absent')} first`,
    })
  })

  test('what a killed run left goes with the next', async () => {
    const file = await newArchive()
    const leftover = path.join(path.dirname(file), '.lading-archive-00000000-1-0-abc')
    await writeFile(leftover, 'x')
    const { utimes } = await import('node:fs/promises')
    await utimes(leftover, 0, 0)
    await writeFile(path.join(path.dirname(file), 'other'), 'x')
    await utimes(path.join(path.dirname(file), 'other'), 0, 0)
    await write(file, one)
    expect((await readdir(path.dirname(file))).toSorted()).toEqual([path.basename(file), 'other'])
  })
})
