import { isLadingError, LadingError } from '../../errors/index.ts'
import type { Platform } from '../../model/platform.ts'
import { type ByteStream, bytesOf } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import type { NamedDigest } from '../archive/collect-archive.ts'
import {
  type CollectedDockerArchive,
  collectDockerArchive,
  digestOfLayerName,
} from '../docker-image/collect-docker-archive.ts'
import { type ResolvedImage, resolveArchive } from '../docker-image/resolve-archive.ts'
import type { ImageSource, TransportContext } from '../transport.ts'
import { absentImage, inspectDaemonImage, tellsWhatIsThere } from './daemon-image.ts'
import { type Engine, openEngine } from './engine.ts'
import { type DockerDaemonReference, formatDockerDaemonReference } from './reference.ts'
import { v1LayerNames } from './v1-layer-names.ts'

/** The first version of the API in which one platform of several can be asked for. */
const platformApi = 48

/** Docker 25, which names the layers of an archive by their digests. */
const digestNamesApi = 44

/** @throws LadingError `daemon-unavailable` */
export async function openDockerDaemonSource(
  reference: DockerDaemonReference,
  context: TransportContext,
): Promise<ImageSource> {
  const engine = await openEngine(context)
  const wanted = reference.id ?? reference.name ?? ''
  let received: { readonly archive: CollectedDockerArchive; readonly image: ResolvedImage } | undefined

  const layerNames = async (signal?: AbortSignal) =>
    v1LayerNames((await inspectDaemonImage(engine, wanted, signal))?.diffIds ?? [])

  return {
    name: formatDockerDaemonReference(reference),
    // containerd's store keeps an image as it was pulled or loaded; the others keep unpacked layers, and make up the rest.
    traits: { order: 'once', unpacked: engine.store !== 'containerd' },

    async receive(take, signal) {
      const foretold = engine.store === 'docker' && engine.api < digestNamesApi ? await layerNames(signal) : undefined
      const digestOfName: NamedDigest = (file, start) => foretold?.get(file) ?? digestOfLayerName(file, start)
      const body = await save(engine, reference, context, signal)
      const archive = await collectDockerArchive(readTar(body), take, digestOfName)
      // Of a name's image and nothing else the archive was asked for; one that is pinned by its digest may have no name in it.
      const name = reference.name?.includes('@') ? undefined : reference.name
      received = { archive, image: await resolveArchive(archive, { name }, signal) }
    },

    async resolve() {
      if (received === undefined) throw new LadingError('internal', 'the image was resolved before it was received')
      return received.image.root
    },

    async *fetch(node, range) {
      const { archive, image } = received ?? {}
      const bytes = image?.documents.get(node.digest) ?? archive?.kept(node.digest)
      if (bytes === undefined)
        throw new LadingError('blob-not-found', `Docker has sent no ${node.kind} ${node.digest} that can be read again`)
      yield* bytesOf(bytes.subarray(0, range?.end)).open(range?.start)
    },

    async preview(signal) {
      const image = await inspectDaemonImage(engine, wanted, signal)
      if (image === undefined) throw await absentImage(engine, reference, signal)
      const [only, ...more] = image.parts
      // Of an index with one image that is there, that one is sent.
      const root = image.root ?? (more.length === 0 ? only?.digest : undefined)
      if (root !== undefined) return { root }
      // podman may write another config into the archive.
      return engine.store === 'docker' ? { config: image.id, diffIds: image.diffIds } : undefined
    },

    [Symbol.asyncDispose]: async () => {},
  }
}

async function save(
  engine: Engine,
  reference: DockerDaemonReference,
  context: TransportContext,
  signal: AbortSignal | undefined,
): Promise<ByteStream> {
  const [platform, ...more] = await wantedPlatforms(engine, reference, context, signal)
  const choose =
    engine.store === 'containerd' && engine.api >= platformApi && platform !== undefined && more.length === 0
      ? `?platform=${encodeURIComponent(JSON.stringify(platform))}`
      : ''
  const path = `/images/${reference.id ?? reference.name}/get${choose}`
  try {
    const { body } = await engine.request({ method: 'GET', path, signal: signal ?? context.signal })
    return body
  } catch (error) {
    if (!isLadingError(error, 'image-not-found')) throw error
    const there = choose !== '' && (await inspectDaemonImage(engine, reference.id ?? reference.name ?? '', signal))
    if (there) throw new LadingError('platform-not-found', error.message, { cause: error })
    throw await absentImage(engine, reference, signal)
  }
}

/** What is asked for; where one platform is wanted, and the daemon has several, this machine's. */
async function wantedPlatforms(
  engine: Engine,
  { id, name = '' }: DockerDaemonReference,
  { platforms = [], onePlatform = false, system }: TransportContext,
  signal: AbortSignal | undefined,
): Promise<readonly Platform[]> {
  if (platforms.length > 0 || !onePlatform || !tellsWhatIsThere(engine)) return platforms
  const parts = (await inspectDaemonImage(engine, id ?? name, signal))?.parts ?? []
  return parts.length > 1 ? [system] : []
}
