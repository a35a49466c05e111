import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import type { Node } from '../../model/descriptor.ts'
import { digestOf, digestParts } from '../../model/digest.ts'
import { childrenOf, parseManifest } from '../../model/manifest.ts'
import { bytesOf, createDraft, readAll } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../../testing/build-image.ts'
import { transportSuite } from '../../testing/transport-suite.ts'
import type { CommitOptions, ImageDestination } from '../transport.ts'
import { openDockerArchiveDestination } from './destination.ts'
import { parseDockerArchiveReference } from './reference.ts'
import { openDockerArchiveSource } from './source.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-docker-archive-'))
afterAll(() => rm(folder, { recursive: true }))

let opened = 0
const newFile = () => path.join(folder, `${opened++}.tar`)
const to = (file: string, name = '') =>
  openDockerArchiveDestination(parseDockerArchiveReference(`docker-archive:${file}${name}`))
const from = (file: string, name = '') =>
  openDockerArchiveSource(parseDockerArchiveReference(`docker-archive:${file}${name}`))

const sha512 = {
  'an image of sha512 digests is kept as it is': 'Docker knows layers by sha256 alone',
}
for (const name of ['', ':app:v1']) {
  transportSuite(
    { describe, test },
    {
      name: `docker-archive:${name}`,
      async place() {
        const file = newFile()
        return { source: () => from(file, name), destination: () => to(file, name), replacesWithForce: true }
      },
      waivers: sha512,
    },
  )
}

const layer = (fill: number, size = 3000) => new Uint8Array(size).fill(fill)

async function write(destination: ImageDestination, image: BuiltImage, options: Partial<CommitOptions> = {}) {
  for (const node of childrenOf(manifestOf(image))) await destination.push(node, bytesOf(bytesIn(image, node)))
  return await destination.commit(image.root, bytesIn(image, image.root), { force: false, imageBytes: 1, ...options })
}

function bytesIn(image: BuiltImage, { digest }: Pick<Node, 'digest'>): Uint8Array {
  return image.blobs.get(digest) ?? new Uint8Array()
}

function manifestOf(image: BuiltImage) {
  return parseManifest(bytesIn(image, image.root))
}

async function copyTo(file: string, image: BuiltImage, options: Partial<CommitOptions> = {}, name = '') {
  await using destination = await to(file, name)
  return await write(destination, image, options)
}

async function entriesOf(file: string): Promise<Map<string, Buffer>> {
  const entries = new Map<string, Buffer>()
  for await (const { header, body } of readTar(bytesOf(await readFile(file)).open())) {
    expect(entries.has(header.name)).toBe(false)
    entries.set(header.name, Buffer.from(await readAll(body, 1e9, header.name)))
  }
  return entries
}

describe('an archive that is written', () => {
  const image = buildImage({ layers: [layer(1), layer(2), layer(1)] })

  test('has each layer once, then the config, and manifest.json last', async () => {
    const file = newFile()
    await copyTo(file, image, { additionalTags: ['app:v2', 'docker.io/library/app', 'app:v2'] }, ':app:v1')
    const entries = await entriesOf(file)
    const [config, ...layers] = childrenOf(manifestOf(image))
    const hex = (node: Node | undefined) => digestParts(node?.digest ?? 'sha256:').hex
    const names = [`${hex(layers[0])}.tar`, `${hex(layers[1])}.tar`, `${hex(config)}.json`, 'manifest.json']
    expect([...entries.keys()]).toEqual(names)
    expect(entries.get(names[0] ?? '')).toEqual(Buffer.from(layer(1)))
    expect(JSON.parse(String(entries.get('manifest.json')))).toEqual([
      {
        Config: names[2],
        RepoTags: ['docker.io/library/app:v1', 'docker.io/library/app:v2', 'docker.io/library/app:latest'],
        Layers: [names[0], names[1], names[0]],
      },
    ])
  })

  test('is the same file every time', async () => {
    const [one, two] = [newFile(), newFile()]
    await copyTo(one, image)
    await copyTo(two, image)
    expect(await readFile(one)).toEqual(await readFile(two))
  })

  test('leaves nothing beside it, whether it was written or not', async () => {
    const own = path.join(folder, 'own')
    await mkdir(own)
    await copyTo(path.join(own, 'a.tar'), image)
    await using destination = await to(path.join(own, 'b.tar'))
    await destination.push(childrenOf(manifestOf(image))[1] as Node, bytesOf(layer(1)))
    await destination[Symbol.asyncDispose]()
    expect(await readdir(own)).toEqual(['a.tar'])
  })

  test('takes layers whose digest comes last, each once', async () => {
    const file = newFile()
    await using destination = await to(file)
    for (const fill of [1, 2, 1]) await destination.pushDraft?.(createDraft(bytesOf(layer(fill)).open()))
    const { config } = manifestOf(image) as ReturnType<typeof parseManifest> & { config: Node }
    await destination.push(config, bytesOf(bytesIn(image, config)))
    await destination.commit(image.root, bytesIn(image, image.root), { force: false, imageBytes: 1 })
    expect((await entriesOf(file)).size).toBe(4)
    await using source = await from(file)
    expect((await source.resolve()).digest).toBe(image.root.digest)
  })

  test('keeps a draft whose bytes throw out of it, and throws that error', async () => {
    await using destination = await to(newFile())
    const failure = new Error('planted')
    const failing = (async function* () {
      yield layer(1)
      throw failure
    })()
    await expect(destination.pushDraft?.(createDraft(failing))).rejects.toBe(failure)
    const node = childrenOf(manifestOf(image))[1] as Node
    expect(await destination.has(node)).toBe(false)
    await destination.push(node, bytesOf(layer(1)))
    expect(await destination.has(node)).toBe(true)
  })

  test('is not written where a layer is missing', async () => {
    const file = newFile()
    await using destination = await to(file)
    const [config] = childrenOf(manifestOf(image))
    await destination.push(config as Node, bytesOf(bytesIn(image, config as Node)))
    await expect(
      destination.commit(image.root, bytesIn(image, image.root), { force: false, imageBytes: 1 }),
    ).rejects.toMatchObject({ code: 'blob-not-found' })
    expect(existsSync(file)).toBe(false)
  })
})

test('an image whose config names other layers is not written: Docker would not load it', async () => {
  const file = newFile()
  const { config } = manifestOf(buildImage({ layers: [layer(8)] })) as ReturnType<typeof parseManifest> & {
    config: Node
  }
  const other = buildImage({ layers: [layer(8)] })
  const image = buildImage({ layers: [layer(9)], manifest: { config } })
  const blobs = new Map([...image.blobs, ...other.blobs])
  await expect(copyTo(file, { root: image.root, blobs })).rejects.toMatchObject({ code: 'bad-manifest' })
  expect(existsSync(file)).toBe(false)
})

describe('a path that holds something', () => {
  const [one, two] = [buildImage({ layers: [layer(1)] }), buildImage({ layers: [layer(2)] })]
  const { config } = manifestOf(one) as ReturnType<typeof parseManifest> & { config: Node }

  test('stands for its image under every name that it has', async () => {
    const file = newFile()
    await copyTo(file, one, { additionalTags: ['app:v2'] }, ':app:v1')
    const configUnder = async (name: string, additionalTags?: string[]) => {
      await using destination = await to(file, name)
      return await destination.currentConfig?.({ additionalTags })
    }
    expect(await configUnder('')).toBe(config.digest)
    expect(await configUnder(':app:v1')).toBe(config.digest)
    expect(await configUnder(':app:v1', ['docker.io/library/app:v2'])).toBe(config.digest)
    expect(await configUnder(':app:v1', ['app:v3'])).toBeUndefined()
    expect(await configUnder(':app')).toBeUndefined()
  })

  test('is left alone where it is the same image, even by one that says less of it', async () => {
    const file = newFile()
    await copyTo(file, one, {}, ':app:v1')
    const before = await readFile(file)
    expect(await copyTo(file, one, {}, ':app:v1')).toMatchObject({ changed: false, previous: one.root.digest })
    const annotated = buildImage({ layers: [layer(1)], manifest: { annotations: { a: 'b' } } })
    expect(annotated.root.digest).not.toBe(one.root.digest)
    expect(await copyTo(file, annotated, {}, ':app:v1')).toMatchObject({ changed: false })
    expect(await readFile(file)).toEqual(before)
  })

  test.each([
    ['another image', undefined, ''],
    ['the image under another name', undefined, ':app:v2'],
    ['something that is no archive', Buffer.from('my notes'), ''],
    ['an archive that is compressed', gzipSync('x'), ''],
  ])('%s is replaced with force alone', async (_, content, name) => {
    const file = newFile()
    if (content === undefined) await copyTo(file, two, {}, ':app:v1')
    else await writeFile(file, content)
    const before = await readFile(file)
    await using destination = await to(file, name)
    await expect(destination.checkCommit?.(one.root, { force: false })).rejects.toMatchObject({ code: 'tag-exists' })
    await expect(write(destination, one)).rejects.toMatchObject({ code: 'tag-exists' })
    expect(await readFile(file)).toEqual(before)
    await destination.checkCommit?.(one.root, { force: true })
    expect(await write(destination, one, { force: true })).toMatchObject({ changed: true })
    await using source = await from(file, name)
    expect((await source.resolve()).digest).toBe(one.root.digest)
  })

  test('an empty file is as good as none', async () => {
    const file = newFile()
    await writeFile(file, '')
    expect(await copyTo(file, one)).toMatchObject({ changed: true })
  })

  test('can be asked to be absent, and nothing else', async () => {
    const file = newFile()
    await using destination = await to(file)
    await expect(destination.checkCommit?.(one.root, { force: false, expect: two.root.digest })).rejects.toMatchObject({
      code: 'unsupported',
    })
    await destination.checkCommit?.(one.root, { force: false, expect: 'absent' })
    const results = await Promise.allSettled(
      [one, two, one, two].map(image => copyTo(file, image, { force: true, expect: 'absent' })),
    )
    const won = results.filter(result => result.status === 'fulfilled' && result.value.changed)
    expect(won).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'tag-exists' })
  })
})

describe('what an archive cannot hold is refused', () => {
  const push = async (node: Partial<Node>) => {
    await using destination = await to(newFile())
    const bytes = layer(1)
    const whole = { kind: 'layer', mediaType: 'x', digest: digestOf(bytes), size: bytes.byteLength, ...node } as const
    await destination.push(whole, {
      open() {
        throw new Error('a byte was asked for')
      },
    })
  }
  test.each([
    ['several platforms', { kind: 'manifest' }, 'platforms'],
    ['an artifact', { kind: 'config', mediaType: 'application/vnd.oci.empty.v1+json' }, 'artifact'],
    ['an encrypted layer', { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }, 'encrypted'],
    ['a compressed layer', { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }, 'gzip'],
    [
      'a layer that Docker would not find',
      { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer(1), 'sha512') },
      'sha256',
    ],
  ] as const)('%s', async (_, node, why) => {
    await expect(push(node)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(why) })
  })

  test('an index, before anything is pushed', async () => {
    await using destination = await to(newFile())
    const index = buildIndex({ 'linux/amd64': {} })
    await expect(destination.checkCommit?.(index.root, { force: false })).rejects.toMatchObject({ code: 'unsupported' })
    await expect(write(destination, index)).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('a position', async () => {
    await expect(to(newFile(), ':@0')).rejects.toMatchObject({ code: 'bad-argument' })
  })
})
