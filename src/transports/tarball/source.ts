import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type Digest, digestOf, digestParts } from '../../model/digest.ts'
import { imageManifest } from '../../model/image-manifest.ts'
import { ociConfig, ociManifest } from '../../model/media-types.ts'
import { hostPlatform } from '../../model/platform.ts'
import { type ByteStream, bytesOf, partOfStream } from '../../streams/index.ts'
import type { ImageSource } from '../transport.ts'
import { formatTarballReference, type TarballReference } from './reference.ts'
import { openTarLayer, type TarLayer } from './tar-layer.ts'

interface TarballImage {
  readonly root: Node
  readonly documents: ReadonlyMap<Digest, Uint8Array>
  readonly layers: ReadonlyMap<Digest, TarLayer>
}

/** The image that containers/image makes of tar archives: a layer of each, for this machine's platform, and nothing to run. */
export async function openTarballSource(reference: TarballReference, temporaryFolder?: string): Promise<ImageSource> {
  const cleanup = new AsyncDisposableStack()
  let loaded: Promise<TarballImage> | undefined
  const image = (signal?: AbortSignal) => {
    loaded ??= load(reference, cleanup, temporaryFolder, signal)
    return loaded
  }
  return {
    name: formatTarballReference(reference),
    traits: { order: 'any', unpacked: true },
    resolve: async signal => (await image(signal)).root,
    async *fetch(node, range, signal): ByteStream & AsyncGenerator<Uint8Array> {
      const { documents, layers } = await image(signal)
      const document = documents.get(node.digest)
      const stream = document === undefined ? layers.get(node.digest)?.open(signal) : bytesOf(document).open()
      if (stream === undefined) throw new LadingError('blob-not-found', `the image has no ${node.kind} ${node.digest}`)
      yield* partOfStream(stream, range)
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  }
}

async function load(
  { paths }: TarballReference,
  cleanup: AsyncDisposableStack,
  temporaryFolder: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TarballImage> {
  const layers: TarLayer[] = []
  for (const path of paths) layers.push(cleanup.use(await openTarLayer(path, temporaryFolder, signal)))
  const config = configOf(layers)
  const manifest = imageManifest(
    { mediaType: ociConfig, digest: digestOf(config), size: config.byteLength },
    layers.map(({ layer }) => layer),
  )
  return {
    root: { kind: 'manifest', mediaType: ociManifest, digest: digestOf(manifest), size: manifest.byteLength },
    documents: new Map([config, manifest].map(bytes => [digestOf(bytes), bytes])),
    layers: new Map(layers.map(layer => [layer.layer.digest, layer])),
  }
}

/** As old as the newest file, so that the same files are the same image. */
function configOf(layers: readonly TarLayer[]): Uint8Array {
  const { os, architecture, variant } = hostPlatform()
  const time = (milliseconds: number) => new Date(milliseconds).toISOString()
  return new TextEncoder().encode(
    JSON.stringify({
      created: time(Math.max(...layers.map(({ modified }) => modified))),
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os,
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(({ diffId, modified }) => ({
        created: time(modified),
        created_by: `/bin/sh -c #(nop) ADD file:${digestParts(diffId).hex} in /`,
        comment: 'imported from tarball',
      })),
    }),
  )
}
