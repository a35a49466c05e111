import assert from 'node:assert/strict'
import { isLadingError, LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import { digestOf } from '../model/digest.ts'
import { childrenOf, parseManifest } from '../model/manifest.ts'
import { type Bytes, bytesOf, readAll } from '../streams/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import { type BuiltImage, buildImage, buildIndex } from './build-image.ts'
import { type ContractCase, type TestFunctions, testContract, type Waivers } from './contract.ts'
import { tarArchive } from './tar-blocks.ts'
import { transportAttachmentCases } from './transport/attachment-cases.ts'
import { transportDraftCases } from './transport/draft-cases.ts'
import { transportRemoveCases } from './transport/remove-cases.ts'
import { transportUploadCases } from './transport/upload-cases.ts'
import type { TransportPlace } from './transport-place.ts'

export type { TransportPlace }

export interface TransportSuiteOptions {
  readonly name: string
  /** A place under a name that was never used. */
  place(): Promise<TransportPlace>
  readonly waivers?: Waivers
}

/** An archive: where images are run, what is no archive is no layer. */
const archiveOf = (body: Uint8Array) => new Uint8Array(tarArchive({ name: 'content', body }))
const kib = (size: number, fill: number) => archiveOf(new Uint8Array(size * 1024).fill(fill))

const cases: readonly ContractCase<TransportPlace>[] = [
  [
    'a name that was never written is absent',
    async ({ source, destination }) => {
      await using to = await destination()
      assert.equal(await to.current(), undefined)
      await assert.rejects(
        async () => {
          await using from = await source()
          await from.resolve()
        },
        hasCode('image-not-found', 'bucket-not-found'),
      )
    },
  ],

  [
    'what was pushed is there, and of another size it is not',
    async ({ destination }) => {
      const { layer, bytes } = oneLayer(kib(3, 1))
      await using to = await destination()
      assert.equal(await to.has(layer), false)
      await to.push(layer, bytesOf(bytes))
      assert.equal(await to.has(layer), true)
      assert.equal(await to.has({ ...layer, size: layer.size + 1 }), false)
    },
  ],

  [
    'an empty blob is a blob',
    async ({ destination }) => {
      const { layer, bytes } = oneLayer(new Uint8Array())
      await using to = await destination()
      await to.push(layer, bytesOf(bytes))
      assert.equal(await to.has(layer), true)
    },
  ],

  [
    'bytes that throw leave nothing, and their own error comes out',
    async ({ destination }) => {
      const { layer, bytes } = oneLayer(kib(256, 2))
      const failure = new LadingError('digest-mismatch', 'planted')
      const failing: Bytes = {
        size: bytes.byteLength,
        async *open() {
          yield bytes.subarray(0, 100_000)
          throw failure
        },
      }
      await using to = await destination()
      await assert.rejects(to.push(layer, failing), error => error === failure)
      assert.equal(await to.has(layer), false)
    },
  ],

  [
    'the same blob pushed by several at once is stored',
    async ({ destination }) => {
      const { layer, bytes } = oneLayer(kib(512, 3))
      await using to = await destination()
      await using other = await destination()
      await Promise.all([to, other, to, other].map(each => each.push(layer, bytesOf(bytes))))
      assert.equal(await to.has(layer), true)
    },
  ],

  [
    'nothing has the name before it is committed, and then all of it is there',
    async ({ source, destination }) => {
      await using to = await destination()
      const amd64 = { layers: [kib(100, 4), kib(2, 5), kib(100, 4)] }
      const image = to.traits.holdsIndex
        ? buildIndex({ 'linux/amd64': amd64, 'linux/arm64': {} }, { attestations: true })
        : buildImage(amd64)
      await pushBelowRoot(to, image)
      assert.equal(await to.current(), undefined)
      const result = await commit(to, image)
      assert.equal(result.changed, true)
      assert.equal(result.previous, undefined)
      assert.equal(await to.current(), image.root.digest)
      await using from = await source()
      assert.deepEqual(pick(await from.resolve()), pick(image.root))
      for (const [digest, bytes] of image.blobs)
        assert.deepEqual(await fetchAll(from, nodeOf(image, digest)), Buffer.from(bytes))
    },
  ],

  [
    'committing what the name has already changes nothing',
    async ({ destination }) => {
      const image = buildImage({ layers: [kib(1, 7)] })
      await using to = await destination()
      await pushBelowRoot(to, image)
      await commit(to, image)
      assert.equal((await commit(to, image)).changed, false)
    },
  ],

  [
    'a name moves, and tells what it had before',
    async ({ source, destination, replacesWithForce }) => {
      const [first, second] = [buildImage({ layers: [kib(1, 5)] }), buildImage({ layers: [kib(1, 6)] })]
      await using to = await destination()
      await pushBelowRoot(to, first)
      await commit(to, first)
      await pushBelowRoot(to, second)
      if (replacesWithForce) await assert.rejects(commit(to, second), hasCode('tag-exists'))
      assert.equal((await commit(to, second, replacesWithForce)).previous, first.root.digest)
      await using from = await source()
      assert.equal((await from.resolve()).digest, second.root.digest)
    },
  ],

  [
    'a stored manifest is given back, an absent one is undefined',
    async ({ destination }) => {
      await using to = await destination()
      if (!to.traits.holdsIndex) return assert.equal(await to.manifest(buildImage().root), undefined)
      const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
      const child = nodeOf(
        image,
        [...image.blobs.keys()].find(digest => nodeOf(image, digest).kind === 'manifest') ?? image.root.digest,
      )
      assert.equal(await to.manifest(child), undefined)
      await pushBelowRoot(to, image)
      assert.deepEqual(Buffer.from((await to.manifest(child)) ?? []), Buffer.from(image.blobs.get(child.digest) ?? []))
    },
  ],

  [
    'a range is exactly that range',
    async ({ source, destination }) => {
      const content = archiveOf(new Uint8Array(300_000).map((_, position) => position % 251))
      const image = buildImage({ layers: [content] })
      await using to = await destination()
      await pushBelowRoot(to, image)
      await commit(to, image)
      await using from = await source()
      const { layer } = oneLayer(content)
      for (const [start, end] of [
        [0, 1],
        [100_000, 200_001],
        [299_999, 300_000],
      ] as const) {
        assert.deepEqual(await fetchAll(from, layer, { start, end }), Buffer.from(content.subarray(start, end)))
      }
      assert.deepEqual(await fetchAll(from, layer, { start: 250_000 }), Buffer.from(content.subarray(250_000)))
    },
  ],

  [
    'an absent blob is an error before the first byte, and names its digest',
    async ({ source, destination }) => {
      const image = buildImage({ layers: [kib(1, 7)] })
      await using to = await destination()
      await pushBelowRoot(to, image)
      await commit(to, image)
      await using from = await source()
      const { layer } = oneLayer(kib(1, 99))
      await assert.rejects(
        fetchAll(from, layer),
        error => isLadingError(error, 'blob-not-found') && error.message.includes(layer.digest),
      )
    },
  ],

  [
    'an image of sha512 digests is kept as it is',
    async ({ source, destination }) => {
      const image = buildIndex({ 'linux/amd64': { algorithm: 'sha512' } }, { algorithm: 'sha512' })
      await using to = await destination()
      await pushBelowRoot(to, image)
      await commit(to, image)
      await using from = await source()
      const root = await from.resolve()
      // A tag may be resolved by the registry's own algorithm; the bytes are the same.
      assert.deepEqual(await fetchAll(from, root), Buffer.from(image.blobs.get(image.root.digest) ?? []))
      for (const [digest, bytes] of image.blobs)
        assert.deepEqual(await fetchAll(from, nodeOf(image, digest)), Buffer.from(bytes))
    },
  ],

  [
    'an aborted push stores nothing',
    async ({ destination }) => {
      const { layer, bytes } = oneLayer(kib(256, 8))
      const controller = new AbortController()
      await using to = await destination()
      const stuck: Bytes = {
        size: bytes.byteLength,
        async *open() {
          yield bytes.subarray(0, 1000)
          controller.abort()
          await new Promise(resolve => setTimeout(resolve, 5))
          yield bytes.subarray(1000)
        },
      }
      await assert.rejects(to.push(layer, stuck, controller.signal))
      assert.equal(await to.has(layer), false)
    },
  ],
]

/** What every transport that reads and writes must keep. */
export function transportSuite(functions: TestFunctions, { name, place, waivers }: TransportSuiteOptions): void {
  testContract<TransportPlace>(functions, {
    title: `${name} is a transport that reads and writes`,
    cases: [
      ...cases,
      ...transportAttachmentCases,
      ...transportDraftCases,
      ...transportRemoveCases,
      ...transportUploadCases,
    ],
    run: async check => check(await place()),
    waivers,
  })
}

function oneLayer(bytes: Uint8Array): { layer: Node; bytes: Uint8Array } {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar'
  return { layer: { kind: 'layer', mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

function nodeOf(image: BuiltImage, digest: Node['digest']): Node {
  const found = nodesOf(image).find(node => node.digest === digest)
  assert(found)
  return found
}

/** Every node once, each before what names it. */
function nodesOf({ root, blobs }: BuiltImage): readonly Node[] {
  const nodes = new Map<string, Node>()
  const visit = (node: Node): void => {
    const isDocument = node.kind === 'index' || node.kind === 'manifest'
    const bytes = blobs.get(node.digest) ?? new Uint8Array()
    for (const child of isDocument ? childrenOf(parseManifest(bytes, node.mediaType)) : []) visit(child)
    nodes.set(node.digest, node)
  }
  visit(root)
  return [...nodes.values()]
}

async function pushBelowRoot(to: ImageDestination, image: BuiltImage): Promise<void> {
  for (const node of nodesOf(image).slice(0, -1)) {
    if (!(await to.has(node))) await to.push(node, bytesOf(image.blobs.get(node.digest) ?? new Uint8Array()))
  }
}

function commit(to: ImageDestination, { root, blobs }: BuiltImage, force = false) {
  return to.commit(root, blobs.get(root.digest) ?? new Uint8Array(), { force, imageBytes: 1 })
}

async function fetchAll(from: ImageSource, node: Node, range?: { start: number; end?: number }): Promise<Buffer> {
  return Buffer.from(await readAll(from.fetch(node, range), Number.MAX_SAFE_INTEGER, node.digest))
}

function pick({ kind, mediaType, digest, size }: Node) {
  return { kind, mediaType, digest, size }
}

function hasCode(...codes: Parameters<typeof isLadingError>[1][]) {
  return (error: unknown) => codes.some(code => isLadingError(error, code))
}
