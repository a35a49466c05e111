import { access, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { blobKey, tagKeys } from '../../layout/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { dockerManifest, ociConfig, ociIndex, ociLayerGzip, ociManifest } from '../../model/media-types.ts'
import { memoryStore, type ObjectStore } from '../../stores/index.ts'
import { bytesOf, readAll } from '../../streams/index.ts'
import type { TransportContext } from '../transport.ts'
import { bucketDestination, openBucketDestination } from './destination.ts'
import { parseBucketReference } from './reference.ts'
import { bucketSource, openBucketSource } from './source.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-bucket-'))
afterAll(() => rm(directory, { recursive: true }))

const encode = (text: string) => new TextEncoder().encode(text)
const commitOptions = { force: false, imageBytes: 100 }

function nodeOf(kind: Node['kind'], mediaType: string, bytes: Uint8Array): Node {
  return { kind, mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

/** An image of one config and one layer. */
function makeImage(content: string, mediaType = ociManifest) {
  const configBytes = encode(`{"created by":"${content}"}`)
  const layerBytes = encode(`layer of ${content}`)
  const config = nodeOf('config', ociConfig, configBytes)
  const layer = nodeOf('layer', ociLayerGzip, layerBytes)
  const document = { schemaVersion: 2, mediaType, config: withoutKind(config), layers: [withoutKind(layer)] }
  const rootBytes = encode(JSON.stringify(document))
  return { config, configBytes, layer, layerBytes, root: nodeOf('manifest', mediaType, rootBytes), rootBytes }
}

function withoutKind({ mediaType, digest, size }: Node) {
  return { mediaType, digest, size }
}

const target = (image: string, tag?: string, digest?: Digest) => ({
  name: `memory://${image}`,
  image,
  ...(tag === undefined ? {} : { tag }),
  ...(digest === undefined ? {} : { digest }),
})

async function pushImage(store: ObjectStore, image: ReturnType<typeof makeImage>, name = 'app', tag = 'v1') {
  const destination = bucketDestination(store, target(name, tag))
  await destination.push(image.config, bytesOf(image.configBytes))
  await destination.push(image.layer, bytesOf(image.layerBytes))
  return await destination.commit(image.root, image.rootBytes, commitOptions)
}

const contentOf = async (stream: AsyncIterable<Uint8Array>) =>
  Buffer.from(await readAll(stream, 1_000_000, 'content')).toString()

const context: TransportContext = {
  side: 'source',
  http: () => Promise.reject(new Error('no bucket in a directory needs HTTP')),
  credentials: {},
  cloud: {},
  environment: {},
  system: { os: 'linux', architecture: 'amd64' },
  warn: () => {},
}

describe('a bucket destination', () => {
  test('keeps blobs and root by digest, and the root under its tag', async () => {
    const store = memoryStore()
    const image = makeImage('one')
    expect(await pushImage(store, image)).toEqual({ changed: true })
    for (const node of [image.config, image.layer, image.root]) {
      expect((await store.head(blobKey(node.digest)))?.size).toBe(node.size)
    }
    const destination = bucketDestination(store, target('app', 'v1'))
    expect(await destination.current()).toBe(image.root.digest)
    expect(await destination.has(image.layer)).toBe(true)
    expect(await destination.manifest(image.root)).toEqual(image.rootBytes)
    expect(await pushImage(store, image)).toEqual({ changed: false, previous: image.root.digest })
  })

  test('says what the tag held before', async () => {
    const store = memoryStore()
    const [one, two] = [makeImage('one'), makeImage('two')]
    await pushImage(store, one)
    expect(await pushImage(store, two)).toEqual({ changed: true, previous: one.root.digest })
  })

  test('has nothing at first', async () => {
    const destination = bucketDestination(memoryStore(), target('app', 'v1'))
    const { root, layer } = makeImage('one')
    expect(await destination.current()).toBeUndefined()
    expect(await destination.has(layer)).toBe(false)
    expect(await destination.manifest(root)).toBeUndefined()
  })

  test('replaces a blob that has not its size, and reads no bytes for one that is whole', async () => {
    const store = memoryStore()
    const { layer, layerBytes } = makeImage('one')
    const destination = bucketDestination(store, target('app', 'v1'))
    await store.put(blobKey(layer.digest), encode('half'))
    expect(await destination.has(layer)).toBe(false)
    await destination.push(layer, bytesOf(layerBytes))
    expect(await destination.has(layer)).toBe(true)
    await destination.push(layer, bytesOf(layerBytes))
    expect(await contentOf((await store.get(blobKey(layer.digest))).body)).toBe('layer of one')
  })

  test('gives no manifest whose bytes are not what its digest says', async () => {
    const store = memoryStore()
    const { root } = makeImage('one')
    await store.put(blobKey(root.digest), encode('x'.repeat(root.size)))
    expect(await bucketDestination(store, target('app', 'v1')).manifest(root)).toBeUndefined()
  })

  test('throws the error of the bytes, and the node stays absent', async () => {
    const destination = bucketDestination(memoryStore(), target('app', 'v1'))
    const { layer } = makeImage('one')
    const failure = new Error('the source went away')
    const failing = {
      async *open() {
        yield encode('la')
        throw failure
      },
    }
    await expect(destination.push(layer, failing)).rejects.toBe(failure)
    expect(await destination.has(layer)).toBe(false)
  })

  test('moves an immutable tag by force only', async () => {
    const store = memoryStore()
    await store.put('s3lo.yaml', encode('images:\n  app: { immutable: true }\n'))
    const [one, two] = [makeImage('one'), makeImage('two')]
    await pushImage(store, one)
    await expect(pushImage(store, two)).rejects.toMatchObject({ code: 'tag-exists' })
    const destination = bucketDestination(store, target('app', 'v1'))
    expect(await destination.current()).toBe(one.root.digest)
    const forced = await destination.commit(two.root, two.rootBytes, { ...commitOptions, force: true })
    expect(forced).toEqual({ changed: true, previous: one.root.digest })
    expect(await pushImage(store, two, 'other', 'v1')).toEqual({ changed: true })
    expect(await pushImage(store, one, 'other', 'v1')).toEqual({ changed: true, previous: two.root.digest })
  })

  test('by digest alone keeps the content, and refuses other content', async () => {
    const store = memoryStore()
    const [one, two] = [makeImage('one'), makeImage('two')]
    const destination = bucketDestination(store, target('app', undefined, one.root.digest))
    expect(await destination.current()).toBeUndefined()
    await expect(destination.commit(two.root, two.rootBytes, commitOptions)).rejects.toMatchObject({
      code: 'digest-mismatch',
    })
    expect(await destination.commit(one.root, one.rootBytes, commitOptions)).toEqual({ changed: true })
    expect(await destination.current()).toBe(one.root.digest)
    await destination[Symbol.asyncDispose]()
    const keys = await Array.fromAsync(store.list(''), entry => entry.kind === 'object' && entry.info.key)
    expect(keys).toEqual([blobKey(one.root.digest)])
  })
})

describe('a bucket source', () => {
  test('resolves a tag and reads every node of it', async () => {
    const store = memoryStore()
    const image = makeImage('one', dockerManifest)
    await pushImage(store, image)
    const source = bucketSource(store, target('app', 'v1'))
    expect(await source.resolve()).toEqual(image.root)
    expect(await contentOf(source.fetch(image.root))).toBe(Buffer.from(image.rootBytes).toString())
    expect(await contentOf(source.fetch(image.layer))).toBe('layer of one')
    expect(await contentOf(source.fetch(image.layer, { start: 6, end: 8 }))).toBe('of')
    expect(await contentOf(source.fetch(image.root, { start: 1, end: 3 }))).toBe('"s')
  })

  test('gives the root that it resolved although the tag has moved since', async () => {
    const store = memoryStore()
    const [one, two] = [makeImage('one'), makeImage('two')]
    await pushImage(store, one)
    const source = bucketSource(store, target('app', 'v1'))
    const root = await source.resolve()
    await store.delete(blobKey(one.root.digest))
    await pushImage(store, two)
    expect(await contentOf(source.fetch(root))).toBe(Buffer.from(one.rootBytes).toString())
  })

  test('finds a root by digest in blobs/, and in the tags where s3lo’s clean removed it there', async () => {
    const store = memoryStore()
    const [one, two] = [makeImage('one'), makeImage('two')]
    await pushImage(store, one, 'app', 'v1')
    await pushImage(store, two, 'app', 'v2')
    const source = () => bucketSource(store, target('app', undefined, two.root.digest))
    expect(await source().resolve()).toEqual(two.root)
    await store.delete(blobKey(two.root.digest))
    expect(await source().resolve()).toEqual(two.root)
    expect(await contentOf(source().fetch(two.root))).toBe(Buffer.from(two.rootBytes).toString())
  })

  test('tells an index from a manifest by its bytes', async () => {
    const store = memoryStore()
    const bytes = encode(JSON.stringify({ schemaVersion: 2, manifests: [] }))
    await store.put(tagKeys('app', 'v1').manifest, bytes)
    const source = bucketSource(store, target('app', 'v1'))
    expect(await source.resolve()).toMatchObject({ kind: 'index', mediaType: ociIndex, digest: digestOf(bytes) })
  })

  test('names what is missing', async () => {
    const store = memoryStore()
    const [one, two] = [makeImage('one'), makeImage('two')]
    await pushImage(store, one)
    const { layer } = two
    const source = bucketSource(store, target('app', 'v1'))
    await expect(contentOf(source.fetch(layer))).rejects.toMatchObject({
      code: 'blob-not-found',
      message: `the bucket does not hold the layer ${layer.digest}`,
      subject: 'memory://app',
    })
    await expect(contentOf(source.fetch(two.root))).rejects.toMatchObject({
      code: 'blob-not-found',
      message: `the bucket does not hold the manifest ${two.root.digest}`,
    })
    await expect(bucketSource(store, target('app', 'v9')).resolve()).rejects.toMatchObject({
      code: 'image-not-found',
      message: 'the bucket has no tag app:v9',
    })
    await pushImage(store, two)
    await store.delete(blobKey(one.root.digest))
    await expect(bucketSource(store, target('app', undefined, one.root.digest)).resolve()).rejects.toMatchObject({
      code: 'image-not-found',
      hint: expect.stringMatching(/^it was pushed as app:v1 at .*; that tag has moved since/),
    })
  })
})

describe('a local bucket', () => {
  test('is created by the first write below a root that is marked, and is no source before', async () => {
    const root = join(directory, 'srv/images')
    const reference = parseBucketReference(`local://${root}//team/app:v1`)
    await expect(openBucketSource(reference, context)).rejects.toMatchObject({
      code: 'bucket-not-found',
      message: `${root} is not a bucket`,
      hint: expect.stringContaining('lading init --local'),
    })
    await using destination = await openBucketDestination(reference, context)
    expect(destination.name).toBe(`local://${root}//team/app:v1`)
    expect(await destination.current()).toBeUndefined()
    await expect(access(root)).rejects.toThrow('ENOENT')
    const image = makeImage('one')
    await destination.push(image.config, bytesOf(image.configBytes))
    await destination.commit(image.root, image.rootBytes, commitOptions)
    expect(await readdir(root)).toEqual(['blobs', 'lading', 'manifests'])
    await using source = await openBucketSource(reference, context)
    expect(await source.resolve()).toEqual(image.root)
    // Without the mark the store is found now.
    await using unmarked = await openBucketSource(parseBucketReference(`local://${root}/team/app:v1`), context)
    expect(await unmarked.resolve()).toEqual(image.root)
  })
})
