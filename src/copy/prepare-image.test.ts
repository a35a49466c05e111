import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Descriptor, Node } from '../model/descriptor.ts'
import { type Digest, digestOf } from '../model/digest.ts'
import { imageManifest } from '../model/image-manifest.ts'
import { ociLayerGzip } from '../model/media-types.ts'
import { hostPlatform } from '../model/platform.ts'
import { bytesOf } from '../streams/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { type MemoryDestination, memoryDestination, memorySource } from '../testing/memory-image.ts'
import type { DestinationTraits, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyEvent } from './events.ts'
import { createManifestReader } from './manifest-reader.ts'
import { planCopy } from './plan.ts'
import { prepareImage } from './prepare-image.ts'
import { runPlan } from './run.ts'

const layer = (size: number, fill: number) => new Uint8Array(size).fill(fill)
const twoLayers = () => buildImage({ layers: [layer(3_000_000, 1), layer(10, 2)] })

/** As a docker-archive is: any order, layers uncompressed. */
const unpackedSource = (image: BuiltImage) => ({
  ...memorySource(image),
  traits: { order: 'any', unpacked: true } as const,
})

/** As what a daemon saves: layers come once, the names of all but the first are known beforehand. */
function onceSource(image: BuiltImage, layers: readonly Digest[]): ImageSource & { readonly received: Digest[] } {
  const memory = memorySource(image)
  const gone = new Set<Digest>(layers)
  const received: Digest[] = []
  let over = false
  return {
    ...memory,
    received,
    traits: { order: 'once', unpacked: true },
    async receive(take) {
      for (const [at, digest] of layers.entries()) {
        const bytes = image.blobs.get(digest) ?? layer(0, 0)
        const body = (async function* () {
          received.push(digest)
          yield bytes.subarray(0, 7)
          yield bytes.subarray(7)
        })()
        expect(await take({ ...(at === 0 ? {} : { digest }), size: bytes.byteLength, body })).toBe(digest)
      }
      over = true
    },
    async resolve() {
      expect(over).toBe(true)
      return image.root
    },
    fetch(node, range, signal) {
      if (gone.has(node.digest)) throw new Error(`${node.digest} has gone by`)
      return memory.fetch(node, range, signal)
    },
  }
}

/** A destination that keeps what it is told of variants, as a bucket does. */
function destinationWith(
  traits: Partial<DestinationTraits> = {},
): MemoryDestination & { variantsOf: Map<Digest, Descriptor[]> } {
  const memory = memoryDestination()
  const variantsOf = new Map<Digest, Descriptor[]>()
  return {
    ...memory,
    traits: { ...memory.traits, ...traits },
    variantsOf,
    document: async digest => memory.stored.get(digest),
    variants: async diffId => variantsOf.get(diffId) ?? [],
    async rememberVariant(diffId, variant) {
      variantsOf.set(diffId, [...(variantsOf.get(diffId) ?? []), variant])
    },
  }
}

async function copy(source: ImageSource, destination: MemoryDestination, options: CopyOptions = {}) {
  const events: CopyEvent[] = []
  const reader = createManifestReader(source)
  const prepared = await prepareImage(source, destination, reader, options, event => events.push(event))
  const stored = new Set([...prepared.stored.values()].map(({ digest }) => digest))
  const plan = await planCopy(prepared.root, reader, destination, { stored })
  const run = { lanes: { serverSide: true }, jobs: 2, signal: undefined }
  await runPlan(plan, source, destination, reader, { ...run, listen: event => events.push(event) })
  await destination.commit(prepared.root, await reader.read(prepared.root), { force: false, imageBytes: 0 })
  return { ...prepared, events, manifest: JSON.parse(new TextDecoder().decode(await reader.read(prepared.root))) }
}

const layersOf = (image: BuiltImage): Digest[] => {
  const manifest = JSON.parse(new TextDecoder().decode(image.blobs.get(image.root.digest)))
  return manifest.layers.map(({ digest }: Descriptor) => digest)
}

describe('an image whose source keeps it unpacked', () => {
  test.each([
    ['gzip', undefined, (bytes: Uint8Array) => gunzipSync(bytes)],
    ['zstd', 'zstd', (bytes: Uint8Array) => zstdDecompressSync(bytes)],
    ['none', 'none', (bytes: Uint8Array) => Buffer.from(bytes)],
  ] as const)('has its layers compressed: %s', async (form, compression, unpack) => {
    const image = twoLayers()
    const to = destinationWith()
    const { manifest, root, rewritten } = await copy(unpackedSource(image), to, compression ? { compression } : {})
    const suffix = form === 'none' ? '' : `+${form}`
    for (const [at, { mediaType, digest, size }] of manifest.layers.entries()) {
      const stored = to.stored.get(digest) ?? layer(0, 0)
      expect(mediaType).toBe(`application/vnd.oci.image.layer.v1.tar${suffix}`)
      expect(size).toBe(stored.byteLength)
      expect(digestOf(unpack(stored))).toBe(layersOf(image)[at])
    }
    expect(rewritten).toEqual(form === 'none' ? [] : [`layers compressed with ${form}`])
    expect(root.digest === image.root.digest).toBe(form === 'none')
    expect(to.committed.at(-1)?.root.digest).toBe(root.digest)
  })

  test('is the same image whether it is read in any order or comes once', async () => {
    const image = twoLayers()
    const [one, two] = [destinationWith(), destinationWith()]
    const first = await copy(unpackedSource(image), one)
    const second = await copy(onceSource(image, layersOf(image)), two)
    expect(second.root).toEqual(first.root)
    expect(new Map([...two.stored].sort())).toEqual(new Map([...one.stored].sort()))
  })

  test('is compressed once: the second copy finds the layers', async () => {
    const image = twoLayers()
    const to = destinationWith()
    const first = await copy(unpackedSource(image), to)
    const source = unpackedSource(image)
    const second = await copy(source, to)
    expect(second.root).toEqual(first.root)
    expect(source.fetched.filter(digest => layersOf(image).includes(digest as Digest))).toEqual([])
    const other = await copy(unpackedSource(image), to, { compression: 'zstd' })
    expect(other.root.digest).not.toBe(first.root.digest)
  })

  test.each([
    undefined,
    'none',
  ] as const)('that comes once is not read where its layers are known by name, and not at all where everything is known (%s)', async compression => {
    const options = compression === undefined ? {} : { compression }
    const image = twoLayers()
    const layers = layersOf(image)
    const to = destinationWith()
    const first = await copy(onceSource(image, layers), to, options)
    const again = onceSource(image, layers)
    await copy(again, to, options)
    // of the first the name follows from the bytes alone
    expect(again.received).toEqual(layers.slice(0, 1))

    const { config } = JSON.parse(new TextDecoder().decode(image.blobs.get(image.root.digest)))
    const told = { ...onceSource(image, layers), preview: async () => ({ config: config.digest, diffIds: layers }) }
    const known = await copy(told, to, options)
    expect(told.received).toEqual([])
    expect(known.root.digest).toBe(first.root.digest)
    const chosen = await copy(told, to, { ...options, platforms: [{ os: 'linux', architecture: 'amd64' }] })
    expect(chosen.root.digest).toBe(first.root.digest)
    const layerList: Node[] = first.manifest.layers
    expect(Buffer.from(to.stored.get(known.root.digest) ?? [])).toEqual(Buffer.from(imageManifest(config, layerList)))
  })

  test('whose layer is not what it came as is refused', async () => {
    const image = twoLayers()
    const source: ImageSource = {
      ...onceSource(image, []),
      async receive(take) {
        await take({ digest: digestOf(layer(9, 9)), size: 3, body: bytesOf(layer(3, 3)).open() })
      },
    }
    const to = destinationWith()
    await expect(copy(source, to)).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(to.committed).toEqual([])
  })
})

describe('a destination that holds uncompressed layers only', () => {
  const compressed = async () => {
    const to = destinationWith()
    const image = twoLayers()
    await copy(unpackedSource(image), to)
    const root = to.committed.at(-1)?.root ?? image.root
    return { image: { root, blobs: to.stored }, plain: image }
  }

  test('gets them unpacked, and the config as it was', async () => {
    const { image, plain } = await compressed()
    const to = destinationWith({ layers: ['none'] })
    const { root, rewritten } = await copy(memorySource(image), to)
    // unpacked again it is the image that it was made of
    expect(root.digest).toBe(plain.root.digest)
    expect(rewritten).toEqual(['layers unpacked'])
    // without drafts it has to be known first what they are
    const { pushDraft: _, ...daemon } = destinationWith({ layers: ['none'] })
    const spooled = await copy(memorySource(image), daemon)
    expect([spooled.root, spooled.rewritten]).toEqual([root, ['layers unpacked through a temporary file']])
  })

  test('gets nothing that the config does not name', async () => {
    const { image } = await compressed()
    const [config] = [...image.blobs].find(([, bytes]) => new TextDecoder().decode(bytes).includes('diff_ids')) ?? []
    const blobs = new Map(image.blobs)
    const lie = new TextEncoder().encode(
      new TextDecoder().decode(blobs.get(config as Digest)).replace(/sha256:[0-9a-f]{4}/, 'sha256:0000'),
    )
    const manifest = JSON.parse(new TextDecoder().decode(blobs.get(image.root.digest)))
    const bytes = imageManifest({ ...manifest.config, digest: digestOf(lie), size: lie.byteLength }, manifest.layers)
    blobs.set(digestOf(lie), lie)
    blobs.set(digestOf(bytes), bytes)
    const root = { ...image.root, digest: digestOf(bytes), size: bytes.byteLength }
    const to = destinationWith({ layers: ['none'] })
    await expect(copy(memorySource({ root, blobs }), to)).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(to.committed).toEqual([])
  })

  test.each<[string, Record<string, unknown>]>([
    [
      'an artifact',
      { config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(layer(2, 0)), size: 2 } },
    ],
    [
      'an encrypted layer',
      {
        layers: [
          { mediaType: ociLayerGzip, digest: digestOf(layer(9, 1)), size: 9 },
          { mediaType: `${ociLayerGzip}+encrypted`, digest: digestOf(layer(9, 2)), size: 9 },
        ],
      },
    ],
  ])('refuses %s before a byte moves, where it holds no such thing', async (_, manifest) => {
    const source = memorySource(buildImage({ manifest }))
    const to = destinationWith({ layers: ['none'], holdsArtifacts: false })
    await expect(copy(source, to)).rejects.toMatchObject({ code: 'unsupported', side: 'destination' })
    // the manifest alone
    expect(source.fetched).toHaveLength(1)
    expect(to.stored.size).toBe(0)
  })

  test('refuses to have them compressed', async () => {
    const to = destinationWith({ layers: ['none'] })
    await expect(copy(unpackedSource(twoLayers()), to, { compression: 'gzip' })).rejects.toMatchObject({
      code: 'unsupported',
    })
  })
})

describe('a destination that holds one image', () => {
  const { os, architecture } = hostPlatform()
  const host = `${os}/${architecture}`
  const index = () => buildIndex({ [host]: { layers: [layer(5, 1)] }, 'linux/s390x': { layers: [layer(5, 2)] } })

  test("gets this machine's platform of an index, and it is said", async () => {
    const to = destinationWith({ holdsIndex: false })
    const { root, selection, rewritten } = await copy(memorySource(index()), to)
    expect(root.kind).toBe('manifest')
    expect(selection.leftOut).toEqual(['linux/s390x'])
    expect(rewritten).toEqual([expect.stringContaining('can be held there')])
  })

  test.each<[string, CopyOptions]>([
    ['all platforms', { allPlatforms: true }],
    [
      'several',
      {
        platforms: [
          { os, architecture },
          { os: 'linux', architecture: 's390x' },
        ],
      },
    ],
  ])('refuses %s before a byte moves', async (_, options) => {
    const source = memorySource(index())
    const to = destinationWith({ holdsIndex: false })
    await expect(copy(source, to, options)).rejects.toMatchObject({ code: 'unsupported', side: 'destination' })
    expect(to.stored.size).toBe(0)
  })

  test('and keeps no manifest has nothing to do where it has the config', async () => {
    const image = twoLayers()
    const { config } = JSON.parse(new TextDecoder().decode(image.blobs.get(image.root.digest)))
    const to = { ...destinationWith({ holdsIndex: false }), currentConfig: async () => config.digest as Digest }
    const prepare = (options: CopyOptions) =>
      prepareImage(memorySource(image), to, createManifestReader(memorySource(image)), options, () => {})
    expect(await prepare({})).toMatchObject({ unchanged: true })
    expect(await prepare({ force: true })).toMatchObject({ unchanged: false })
  })
})

test('an index over images that change is rewritten, and its attestations follow', async () => {
  const image = buildIndex({ 'linux/amd64': { layers: [layer(50, 1)] }, 'linux/arm64': {} }, { attestations: true })
  const to = destinationWith()
  const { manifest, root } = await copy(unpackedSource(image), to)
  expect(root.kind).toBe('index')
  const digests = manifest.manifests.map(({ digest }: Descriptor) => digest)
  for (const { digest, annotations } of manifest.manifests) {
    expect(to.stored.has(digest)).toBe(true)
    const subject = annotations?.['vnd.docker.reference.digest']
    if (subject !== undefined) expect(digests).toContain(subject)
  }
})
