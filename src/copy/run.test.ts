import { describe, expect, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { type BuiltImage, buildImage, buildIndex } from '../testing/build-image.ts'
import { memoryDestination, memorySource } from '../testing/memory-image.ts'
import type { CopyEvent } from './events.ts'
import { createManifestReader } from './manifest-reader.ts'
import { planCopy } from './plan.ts'
import { runPlan } from './run.ts'

const layer = (size: number, fill: number) => new Uint8Array(size).fill(fill)
const twoPlatforms = () =>
  buildIndex({
    'linux/amd64': { layers: [layer(3_000_000, 1), layer(10, 2)] },
    'linux/arm64': { layers: [layer(3_000_000, 1), layer(10, 3)] },
  })

async function copyAll(
  image: BuiltImage,
  source = memorySource(image),
  destination = memoryDestination(),
  signal?: AbortSignal,
) {
  const events: CopyEvent[] = []
  const reader = createManifestReader(source)
  const plan = await planCopy(image.root, reader, destination, { signal })
  const moved = await runPlan(plan, source, destination, reader, {
    lanes: { serverSide: true },
    jobs: 2,
    signal,
    listen: event => events.push(event),
  })
  await destination.commit(image.root, await reader.read(image.root), { force: false, imageBytes: 0 })
  return { moved, events, source, destination }
}

describe('a copy', () => {
  test('stores every byte, children before parents, and a shared blob once', async () => {
    const image = twoPlatforms()
    const { destination, source, moved } = await copyAll(image)
    expect(new Map([...destination.stored].sort())).toEqual(new Map([...image.blobs].sort()))
    expect(destination.order).toHaveLength(image.blobs.size)
    expect(destination.order.at(-1)).toBe(image.root.digest)
    expect(source.fetched).toHaveLength(image.blobs.size)
    expect(moved).toMatchObject({ copied: 5, present: 0, mounted: 0 })
  })

  test('moves nothing a second time and reads no manifest from the source', async () => {
    const image = twoPlatforms()
    const { destination } = await copyAll(image)
    const again = memorySource(image)
    const { moved } = await copyAll(image, again, destination)
    expect(again.fetched).toEqual([])
    expect(moved).toMatchObject({ copied: 0, present: 5, bytesCopied: 0 })
  })

  test('replaces a blob whose size at the destination is wrong', async () => {
    const image = buildImage({ layers: [layer(100, 1)] })
    const { destination } = await copyAll(image)
    const [damaged] = [...image.blobs.keys()]
    if (damaged !== undefined) destination.stored.set(damaged, layer(5, 1))
    const { moved } = await copyAll(image, memorySource(image), destination)
    expect(moved.copied).toBe(1)
    expect(destination.stored.get(damaged as never)).toEqual(layer(100, 1))
  })

  test('continues a blob that breaks off where it broke off, and says so', async () => {
    const image = buildImage({ layers: [layer(200_000, 7)] })
    const source = memorySource(image)
    const whole = source.fetch
    const starts: number[] = []
    source.fetch = async function* (node, range, signal) {
      if (node.kind !== 'layer') return yield* whole(node, range, signal)
      starts.push(range?.start ?? 0)
      const bytes = image.blobs.get(node.digest)?.subarray(range?.start ?? 0) ?? layer(0, 0)
      if (starts.length > 2) return yield bytes
      yield bytes.subarray(0, 50_000)
      throw new LadingError('network', 'connection reset')
    }
    const { events, destination } = await copyAll(image, source)
    expect(starts).toEqual([0, 50_000, 100_000])
    expect(events.filter(({ type }) => type === 'retried')).toHaveLength(2)
    const passed = events.flatMap(event => (event.type === 'progress' ? [event.bytes] : []))
    expect(passed.reduce((sum, bytes) => sum + bytes, 0)).toBe(
      200_000 +
        [...image.blobs.values()]
          .filter(b => b.byteLength < 200_000)
          .slice(0, 1)
          .reduce((s, b) => s + b.byteLength, 0),
    )
    expect(destination.stored.size).toBe(3)
  })

  test.each([
    ['wrong bytes', (bytes: Uint8Array) => bytes.map(byte => byte ^ 1), 'digest-mismatch'],
    ['a byte too many', (bytes: Uint8Array) => new Uint8Array([...bytes, 0]), 'size-mismatch'],
    ['a byte too few', (bytes: Uint8Array) => bytes.subarray(1), 'size-mismatch'],
  ])('with %s in a layer fails and stores no parent of it', async (_, damage, code) => {
    const image = buildImage({ layers: [layer(1000, 7)] })
    const [first] = [...image.blobs.keys()]
    const source = memorySource({
      ...image,
      blobs: new Map([...image.blobs].map(([d, b]) => [d, d === first ? damage(b) : b])),
    })
    const destination = memoryDestination()
    await expect(copyAll(image, source, destination)).rejects.toMatchObject({ code })
    expect(destination.stored.has(first as never)).toBe(false)
    expect(destination.stored.has(image.root.digest)).toBe(false)
  })

  test('has no more large blobs in flight than jobs, and small ones beside them', async () => {
    const sizes = [...Array.from({ length: 6 }, () => 1_100_000), ...Array.from({ length: 20 }, () => 100)]
    const image = buildImage({ layers: sizes.map((size, at) => layer(size, at)) })
    const destination = memoryDestination()
    const store = destination.push
    const open = { large: 0, small: 0 }
    const most = { large: 0, small: 0 }
    destination.push = async (node, bytes, signal) => {
      const kind = node.size > 1024 * 1024 ? 'large' : 'small'
      open[kind] += 1
      most[kind] = Math.max(most[kind], open[kind])
      await new Promise(resolve => setTimeout(resolve, 5))
      await store(node, bytes, signal)
      open[kind] -= 1
    }
    await copyAll(image, memorySource(image), destination)
    expect(most.large).toBe(2)
    expect(most.small).toBeGreaterThan(10)
  })

  test.each([
    'server-error',
    'rate-limited',
  ] as const)('asks a source once that has answered %s: its request was repeated already', async code => {
    const image = buildImage({ layers: [layer(1000, 7)] })
    const source = memorySource(image)
    const whole = source.fetch
    let asked = 0
    source.fetch = async function* (node, range, signal) {
      if (node.kind !== 'layer') return yield* whole(node, range, signal)
      asked += 1
      throw new LadingError(code, 'no')
    }
    await expect(copyAll(image, source)).rejects.toMatchObject({ code })
    expect(asked).toBe(1)
  })

  test('begins no blob anew that its destination has given up', async () => {
    const image = buildImage({ layers: [layer(1000, 7)] })
    const destination = memoryDestination()
    let begun = 0
    destination.push = async node => {
      if (node.kind === 'layer') begun += 1
      throw new LadingError('network', 'gone')
    }
    await expect(copyAll(image, memorySource(image), destination)).rejects.toMatchObject({ code: 'network' })
    expect(begun).toBe(1)
  })

  test('that fails waits for what is under way and starts nothing more', async () => {
    const image = buildImage({ layers: Array.from({ length: 8 }, (_, index) => layer(2_000_000, index)) })
    const source = memorySource(image)
    const destination = memoryDestination()
    let open = 0
    const store = destination.push
    destination.push = async (node, bytes, signal) => {
      open += 1
      try {
        if (node.kind === 'layer') throw new LadingError('denied', 'no')
        await store(node, bytes, signal)
      } finally {
        open -= 1
      }
    }
    await expect(copyAll(image, source, destination)).rejects.toMatchObject({ code: 'denied' })
    expect(open).toBe(0)
    expect(destination.stored.has(image.root.digest)).toBe(false)
  })

  test('stops when it is aborted', async () => {
    const image = buildImage({ layers: [layer(2_000_000, 1)] })
    const controller = new AbortController()
    const destination = memoryDestination()
    destination.push = async (_node, _bytes, signal) => {
      controller.abort()
      signal?.throwIfAborted()
    }
    await expect(copyAll(image, memorySource(image), destination, controller.signal)).rejects.toThrow(/abort/i)
  })
})

describe('planning', () => {
  test('refuses descriptors of one digest that disagree about its size', async () => {
    const image = buildImage({ layers: [layer(10, 1)] })
    const [digest] = [...image.blobs.keys()]
    const mediaType = 'application/vnd.oci.image.layer.v1.tar'
    const lying = buildImage({
      manifest: {
        layers: [
          { mediaType, digest, size: 10 },
          { mediaType, digest, size: 11 },
        ],
      },
    })
    await expect(copyAll(lying)).rejects.toMatchObject({
      code: 'bad-manifest',
      message: expect.stringContaining('10 and with 11'),
    })
  })

  test('does not follow a subject: what it names may be anywhere', async () => {
    const subject = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 5,
    }
    const { destination } = await copyAll(buildImage({ manifest: { subject } }))
    expect(destination.committed).toHaveLength(1)
  })

  test('trusts a registry that has the root to have all of it', async () => {
    const image = twoPlatforms()
    const destination = memoryDestination(true)
    destination.stored.set(image.root.digest, image.blobs.get(image.root.digest) ?? layer(0, 0))
    const { moved, source } = await copyAll(image, memorySource(image), destination)
    expect(source.fetched).toEqual([])
    expect(moved.copied).toBe(0)
  })
})
