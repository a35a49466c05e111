import { execFileSync } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { bytesOf, readAll } from '../../streams/index.ts'
import { type BuiltImage, buildImage } from '../../testing/build-image.ts'
import { type RawEntry, tarArchive } from '../../testing/tar-blocks.ts'
import type { ImageSource } from '../transport.ts'
import { openOciArchiveDestination } from './destination.ts'
import { parseOciArchiveReference } from './reference.ts'
import { openOciArchiveSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-archive-'))
afterAll(() => rm(folder, { recursive: true }))
const fixtures = path.join(import.meta.dirname, '../../../test/fixtures/archives')

let files = 0
async function saved(content: Uint8Array): Promise<string> {
  const file = path.join(folder, `${files++}.tar`)
  await writeFile(file, content)
  return file
}

const open = (file: string) => openOciArchiveSource(parseOciArchiveReference(`oci-archive:${file}`))
const jsonLayer = new TextEncoder().encode('{"a": "layer that is JSON"}')
const image = buildImage({ layers: [new Uint8Array(300_000).fill(1), jsonLayer, new Uint8Array()] })

/** An archive made with nothing of lading. `changed` replaces, adds, or with `undefined` takes away entries by name. */
function archiveOf({ root, blobs }: BuiltImage, changed: Record<string, RawEntry | undefined> = {}): Uint8Array {
  const { mediaType, digest, size } = root
  const entries: Record<string, RawEntry | undefined> = {
    'index.json': {
      name: 'index.json',
      body: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
    },
    'oci-layout': { name: 'oci-layout', body: '{"imageLayoutVersion": "1.0.0"}' },
  }
  for (const [blob, body] of blobs) entries[key(blob)] = { name: key(blob), body }
  return tarArchive(...Object.values({ ...entries, ...changed }).filter(entry => entry !== undefined))
}

const key = (digest: Digest) => `blobs/${digest.replace(':', '/')}`

interface Taken {
  readonly digest: Digest | undefined
  readonly bytes: Buffer
}

async function received(source: ImageSource): Promise<Taken[]> {
  const taken: Taken[] = []
  await source.receive?.(async ({ digest, body, size }) => {
    const bytes = Buffer.from(await readAll(body, size, 'layer'))
    expect(bytes.byteLength).toBe(size)
    taken.push({ digest, bytes })
    return digestOf(bytes)
  })
  return taken
}

/** Everything that the root names, by digest, checked. */
async function contents(source: ImageSource, taken: readonly Taken[] = []): Promise<Map<Digest, Buffer>> {
  const found = new Map<Digest, Buffer>()
  const read = async (node: Node): Promise<void> => {
    const layer = taken.find(({ digest }) => digest === node.digest)
    const bytes = layer?.bytes ?? Buffer.concat(await Array.fromAsync(source.fetch(node)))
    expect(digestOf(bytes)).toBe(node.digest)
    found.set(node.digest, bytes)
    if (node.kind === 'manifest' || node.kind === 'index')
      for (const child of childrenOf(parseManifest(bytes, node.mediaType))) await read(child)
  }
  await read(await source.resolve())
  return found
}

const expected = new Map([...image.blobs].map(([digest, bytes]) => [digest, Buffer.from(bytes)]))

describe('an archive that comes once', () => {
  test.each<[string, (archive: Uint8Array) => Uint8Array]>([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('compressed with %s, gives its layers, and then its documents', async (_, compress) => {
    await using source = await open(await saved(compress(archiveOf(image))))
    expect(source.traits.order).toBe('once')
    await expect(source.resolve()).rejects.toMatchObject({ code: 'internal' })
    const taken = await received(source)
    expect(taken.map(({ digest }) => digest).toSorted()).toEqual(
      [digestOf(new Uint8Array(300_000).fill(1)), digestOf(new Uint8Array())].toSorted(),
    )
    expect(await contents(source, taken)).toEqual(expected)
  })

  test.skipIf(process.platform === 'win32')('through a pipe with a name', async () => {
    const pipe = path.join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const file = await saved(archiveOf(image))
    const writing = pipeline(createReadStream(file, { highWaterMark: 1000 }), createWriteStream(pipe))
    await using source = await open(pipe)
    const taken = await received(source)
    await writing
    expect(await contents(source, taken)).toEqual(expected)
  })

  test('gives no range of what it has not, and all of what it has', async () => {
    await using source = await open(await saved(gzipSync(archiveOf(image))))
    await received(source)
    const node: Node = { kind: 'layer', mediaType: 'x', digest: digestOf(jsonLayer), size: jsonLayer.byteLength }
    expect(Buffer.from(await readAll(source.fetch(node, { start: 2, end: 5 }), 9, 'x')).toString()).toBe('a":')
    await expect(readAll(source.fetch(node, { start: 2, end: 500 }), 9, 'x')).rejects.toMatchObject({
      code: 'size-mismatch',
    })
  })

  test('keeps 64 MiB of documents and passes the others on', async () => {
    const large = (fill: string) => new TextEncoder().encode(`{"a":"${fill.repeat(4 * 2 ** 20 - 8)}"}`)
    const documents = Array.from({ length: 18 }, (_, at) => large(String.fromCharCode(97 + at)))
    const entries = documents.map(body => ({ name: key(digestOf(body)), body }))
    await using source = await open(await saved(gzipSync(tarArchive(...entries), { level: 1 })))
    const taken = await received(source)
    expect(taken.map(({ digest }) => digest)).toEqual(documents.slice(16).map(bytes => digestOf(bytes)))
  })

  test.each<[string, RawEntry]>([
    ['is larger than any document', { name: '', body: `{"a":"${'a'.repeat(4 * 2 ** 20)}"}` }],
    ['is no JSON', { name: '', body: '{not json' }],
  ])('whose manifest %s has no manifest', async (_, entry) => {
    const name = key(image.root.digest)
    await using source = await open(await saved(gzipSync(archiveOf(image, { [name]: { ...entry, name } }))))
    await received(source)
    await expect(readAll(source.fetch(image.root), 1e9, 'x')).rejects.toMatchObject({ code: 'bad-archive' })
  })

  test('ends with what `take` throws', async () => {
    const failure = new Error('planted')
    await using source = await open(await saved(gzipSync(archiveOf(image))))
    await expect(
      source.receive?.(async () => {
        throw failure
      }),
    ).rejects.toBe(failure)
  })

  test('that is cut off says so, compressed or not', async () => {
    const archive = archiveOf(image)
    const packed = gzipSync(archive)
    for (const broken of [gzipSync(archive.subarray(0, 100_000)), packed.subarray(0, packed.byteLength / 2)]) {
      await using source = await open(await saved(broken))
      await expect(received(source)).rejects.toMatchObject({
        code: expect.stringMatching('bad-archive|bad-compression'),
      })
    }
  })

  test('can be aborted', async () => {
    await using source = await open(await saved(gzipSync(archiveOf(image))))
    await expect(source.receive?.(async () => image.root.digest, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

describe('an archive of which any part can be read', () => {
  test('is read where it lies', async () => {
    await using source = await open(await saved(archiveOf(image)))
    expect(source.traits.order).toBe('any')
    expect(await contents(source)).toEqual(expected)
  })

  test('has blobs that are links to others', async () => {
    const layer = key(digestOf(new Uint8Array(300_000).fill(1)))
    const file = await saved(
      archiveOf(image, {
        [layer]: { name: layer, flag: '2', link: '../../elsewhere' },
        elsewhere: { name: 'elsewhere', body: new Uint8Array(300_000).fill(1) },
      }),
    )
    await using source = await open(file)
    expect(await contents(source)).toEqual(expected)
  })

  const blob = key(image.root.digest)
  test.each<[string, Record<string, RawEntry | undefined>, string, string]>([
    ['without the manifest', { [blob]: undefined }, 'blob-not-found', image.root.digest],
    [
      'whose manifest is out of the archive',
      { [blob]: { name: `../${blob}`, body: '{}' } },
      'blob-not-found',
      image.root.digest,
    ],
    [
      'whose manifest links out of the archive',
      { [blob]: { name: blob, flag: '2', link: '/etc/passwd' } },
      'bad-archive',
      'out of the archive',
    ],
    [
      'whose manifest links to itself',
      { [blob]: { name: blob, flag: '2', link: image.root.digest.slice(7) } },
      'bad-archive',
      'circle',
    ],
    ['whose manifest is a sparse file', { [blob]: { name: blob, flag: 'S', body: '{}' } }, 'bad-archive', 'sparse'],
    ['whose manifest is a pipe', { [blob]: { name: blob, flag: '6' } }, 'bad-archive', 'pipe'],
    ['without an index.json', { 'index.json': undefined }, 'bad-archive', 'no index.json'],
    [
      'whose index.json is a link to nothing',
      { 'index.json': { name: 'index.json', flag: '1', link: 'x' } },
      'bad-archive',
      '"index.json"',
    ],
    ['whose index.json is not JSON', { 'index.json': { name: 'index.json', body: '{' } }, 'bad-layout', 'not JSON'],
  ])('%s is refused', async (_, changed, code, why) => {
    await using source = await open(await saved(archiveOf(image, changed)))
    await expect(contents(source)).rejects.toMatchObject({ code, message: expect.stringContaining(why) })
  })

  test('of Docker alone is told from one of a layout, both ways of reading', async () => {
    const hint = expect.stringContaining('docker-archive:')
    await using source = await open(path.join(fixtures, 'test-docker-image.tar'))
    await expect(source.resolve()).rejects.toMatchObject({ code: 'bad-archive', hint })
    await using once = await open(await saved(gzipSync(await readFile(path.join(fixtures, 'test-docker-image.tar')))))
    await received(once)
    await expect(once.resolve()).rejects.toMatchObject({ code: 'bad-archive', hint })
  })

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'empty'],
    ['a letter', Buffer.from('a letter to my aunt'), 'not a tar archive'],
  ])('that is %s is refused', async (_, content, why) => {
    await using source = await open(await saved(content))
    await expect(source.resolve()).rejects.toMatchObject({ code: 'bad-archive', message: expect.stringContaining(why) })
  })

  test('that is not there, or is a directory, is refused', async () => {
    await expect(open(path.join(folder, 'absent'))).rejects.toMatchObject({
      code: 'image-not-found',
      subject: path.join(folder, 'absent'),
    })
    await expect(open(folder)).rejects.toMatchObject({ code: 'bad-archive', hint: expect.stringContaining('oci:') })
  })
})

describe.each(['gzip', 'uncompressed', 'zstd', 'estargz'])('an archive of others, with a layer of %s', kind => {
  const file = path.join(fixtures, `test-oci-${kind}-image.tar`)

  test('is read in any order', async () => {
    await using source = await open(file)
    expect((await contents(source)).size).toBe(3)
  })

  test('is read as it comes', async () => {
    await using source = await open(await saved(gzipSync(await readFile(file))))
    const taken = await received(source)
    expect(taken).toHaveLength(1)
    expect((await contents(source, taken)).size).toBe(3)
  })
})

test.skipIf(process.platform === 'win32')('an archive is written into a pipe with a name', async () => {
  const pipe = path.join(folder, 'written')
  execFileSync('mkfifo', [pipe])
  const file = path.join(folder, 'read.tar')
  const reading = pipeline(createReadStream(pipe), createWriteStream(file))
  {
    await using destination = await openOciArchiveDestination(parseOciArchiveReference(`oci-archive:${pipe}`))
    expect(await destination.current()).toBeUndefined()
    await expect(
      destination.checkCommit?.(image.root, { force: false, expect: image.root.digest }),
    ).rejects.toMatchObject({ code: 'unsupported' })
    for (const [digest, bytes] of image.blobs) {
      if (digest === image.root.digest) continue
      const node: Node = { kind: 'blob', mediaType: 'x', digest, size: bytes.byteLength }
      expect(await destination.has(node)).toBe(false)
      await destination.push(node, bytesOf(bytes))
      expect(await destination.has(node)).toBe(true)
    }
    const bytes = image.blobs.get(image.root.digest) ?? new Uint8Array()
    expect(await destination.commit(image.root, bytes, { force: false, imageBytes: 1 })).toEqual({ changed: true })
  }
  await reading
  await using source = await open(file)
  expect(await contents(source)).toEqual(expected)
})
