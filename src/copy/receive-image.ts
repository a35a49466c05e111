import { LadingError } from '../errors/index.ts'
import { createDigester, type Digest, digestParts } from '../model/digest.ts'
import { ociLayer } from '../model/media-types.ts'
import { readHead, sniffCompression, sniffedBytes } from '../streams/index.ts'
import type { ArrivingLayer, ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyListener } from './events.ts'
import type { LayerTarget } from './layer-target.ts'
import { findVariant, type LayerSettings, type LayerWork, type StoredLayer, storeLayer } from './store-layer.ts'

export interface ReceiveOptions extends LayerSettings {
  readonly target: LayerTarget
  readonly listen: CopyListener
  readonly signal: AbortSignal
}

/**
 * Reads a source that can be read once, and stores every layer as the destination shall have it, while it comes.
 *
 * @returns what became of each layer, by the digest that the source's own manifest names it with
 */
export async function receiveImage(
  source: ImageSource,
  destination: ImageDestination,
  { target, listen, signal, level, precompute, temporaryFolder, encrypt }: ReceiveOptions,
): Promise<ReadonlyMap<Digest, StoredLayer>> {
  if (source.receive === undefined) throw new LadingError('internal', `${source.name} gives no layers`)
  const received = new Map<Digest, StoredLayer>()
  const planned = { blobs: 0, bytes: 0 }

  const known = async ({ digest, size }: ArrivingLayer): Promise<StoredLayer | undefined> => {
    if (digest === undefined) return undefined
    const before = received.get(digest)
    if (before !== undefined) return before
    if (encrypt !== undefined) return undefined
    const node = { kind: 'layer', mediaType: ociLayer, digest, size } as const
    const to = target('none')
    // A layer that comes compressed has no variant under its own digest: only uncompressed ones are remembered so.
    const variant = await findVariant(digest, to, level, destination, signal)
    if (variant !== undefined) return variant
    const kept = to === 'none' && (await destination.has(node, signal))
    return kept ? { digest, size, form: 'none', fresh: false } : undefined
  }

  const take = async (layer: ArrivingLayer): Promise<Digest> => {
    const { digest, size } = layer
    const there = await known(layer)
    if (there !== undefined && digest !== undefined) {
      received.set(digest, there)
      listen({ type: 'skipped', digest: there.digest, kind: 'layer', size: there.size })
      return digest
    }
    planned.blobs += 1
    planned.bytes += size
    listen({ type: 'planned', ...planned })
    listen({ type: 'started', ...(digest === undefined ? {} : { digest }), kind: 'layer', size })
    const arrival = arriving(layer, listen)
    const head = await readHead(arrival.read(), sniffedBytes)
    const work = workOn(Buffer.concat(head.chunks.map(chunk => chunk.subarray(0, sniffedBytes))), target)
    const stored = await storeLayer(
      head.stream(),
      { ...work, named: digest, level, precompute, temporaryFolder, encrypt },
      destination,
      signal,
    )
    const read = arrival.digest()
    received.set(read, stored)
    listen({ type: 'copied', digest: stored.digest, kind: 'layer', size: stored.size, from: read })
    return read
  }

  await source.receive(take, signal)
  return received
}

/** The bytes as they come, told as progress, and refused at their end where they are not those of the digest that they came under. */
function arriving({ digest: expected, body }: ArrivingLayer, listen: CopyListener) {
  const digester = createDigester(expected === undefined ? 'sha256' : digestParts(expected).algorithm)
  let digest: Digest | undefined
  return {
    async *read(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of body) {
        digester.update(chunk)
        listen({ type: 'progress', ...(expected === undefined ? {} : { digest: expected }), bytes: chunk.byteLength })
        yield chunk
      }
      digest = digester.digest()
      if (expected === undefined || digest === expected) return
      throw new LadingError('digest-mismatch', `the layer is ${digest}, and came as ${expected}`, { side: 'source' })
    },
    digest(): Digest {
      if (digest === undefined) throw new LadingError('internal', 'the digest of a layer that was not read')
      return digest
    },
  }
}

/** What the layer is and has to become. JSON begins as no archive does: a large attestation stays as it is. */
function workOn(first: Uint8Array, target: LayerTarget): Pick<LayerWork, 'from' | 'to' | 'asIs' | 'isDocument'> {
  const from = sniffCompression(first)
  if (from === 'none' && first[0] === 0x7b) return { from, to: 'none', asIs: true, isDocument: true }
  const to = target(from === 'bzip2' || from === 'xz' ? 'none' : from)
  return { from, to, asIs: from === to }
}
