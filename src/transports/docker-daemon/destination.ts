import { LadingError } from '../../errors/index.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { parseImageConfig } from '../../model/image-config.ts'
import type { LayerCompression } from '../../model/media-types.ts'
import { bytesOf } from '../../streams/index.ts'
import { imageName } from '../docker-image/image-name.ts'
import { plainImage, requirePlain, severalPlatforms } from '../docker-image/plain-image.ts'
import type { CommitResult, ImageDestination, TransportContext } from '../transport.ts'
import { type DaemonImage, familiar, inspectDaemonImage, tellsWhatIsThere } from './daemon-image.ts'
import { type Engine, openEngine } from './engine.ts'
import { loadDocuments } from './load-documents.ts'
import { openOutgoingArchive } from './outgoing-archive.ts'
import { type DockerDaemonReference, formatDockerDaemonReference } from './reference.ts'

/** Docker 23, whose own store is the first to unpack zstd. */
const zstdApi = 42

/** @throws LadingError `bad-argument` where the image has no name and tag, `daemon-unavailable` */
export async function openDockerDaemonDestination(
  reference: DockerDaemonReference,
  context: TransportContext,
): Promise<ImageDestination> {
  const { name } = reference
  const subject = formatDockerDaemonReference(reference)
  if (name === undefined || name.includes('@')) {
    throw new LadingError('bad-argument', 'Docker gives an image its digest and its ID, and takes a name and a tag', {
      subject,
      hint: 'write docker-daemon:NAME:TAG',
    })
  }
  const engine = await openEngine(context)
  const layers = layersOf(engine)
  const place = { cannot: 'this Docker daemon cannot load', layers }
  /** What Docker's own store cannot tell: the root that an ID was loaded with. */
  const roots = new Map<Digest, Digest>()
  let archive = openOutgoingArchive(engine, context.signal)

  const current = async (tag: string, signal?: AbortSignal): Promise<Digest | undefined> => {
    const image = await inspectDaemonImage(engine, tag, signal)
    // containerd's store tells every root that it has whole.
    if (image === undefined || engine.store === 'containerd') return image?.root
    return roots.get(image.id) ?? onlyRepoDigest(image, tag)
  }

  const allNames = (additionalTags: readonly string[] = []) => [...new Set([name, ...additionalTags.map(imageName)])]
  /** Of Docker's own store and of podman an image's ID. */
  const currentConfig: ImageDestination['currentConfig'] = async ({ additionalTags }, signal) => {
    const images = await Promise.all(allNames(additionalTags).map(tag => inspectDaemonImage(engine, tag, signal)))
    const [first] = images
    return images.every(image => image?.id === first?.id) ? first?.id : undefined
  }

  return {
    name: subject,
    traits: {
      rootImpliesChildren: tellsWhatIsThere(engine),
      keepsUnnamed: false,
      holdsIndex: false,
      holdsSparseIndex: false,
      holdsArtifacts: false,
      leavesOutForeign: false,
      holdsSchema1: false,
      layers,
      additionalTags: true,
    },
    current: signal => current(name, signal),
    ...(engine.store === 'containerd' ? {} : { currentConfig }),
    has: async node => archive.has(node),
    manifest: async node => archive.document(node),
    async push(node, bytes, signal) {
      requirePlain(node, place)
      await archive.add(node, bytes, signal)
    },
    async checkCommit(root, { expect }, signal) {
      if (root.kind === 'index') throw severalPlatforms(place)
      if (expect === undefined || (await current(name, signal)) === root.digest) return
      throw new LadingError('unsupported', 'Docker cannot be told to load an image only where its name is still free', {
        hint: 'leave out --if-absent and --if-digest',
      })
    },
    async commit(root, bytes, { additionalTags, force }, signal): Promise<CommitResult> {
      const names = allNames(additionalTags)
      const manifest = plainImage(root, bytes, place)
      const before = await Promise.all(names.map(tag => current(tag, signal)))
      const [previous] = before
      const result = previous === undefined ? {} : { previous }
      if (!force && before.every(digest => digest === root.digest)) return { changed: false, ...result }

      const config = archive.document(manifest.config)
      const missing = [manifest.config, ...manifest.layers].find(node => !archive.has(node))
      if (config === undefined || missing !== undefined)
        throw new LadingError('blob-not-found', `the archive for Docker has no ${missing?.kind} ${missing?.digest} yet`)
      await archive.add(root, bytesOf(bytes), signal)
      for (const [file, content] of loadDocuments(root, manifest, names))
        await archive.load.add({ name: file, size: content.byteLength }, bytesOf(content), signal)
      await archive.load.finish(signal)
      archive = openOutgoingArchive(engine, context.signal)
      const id = digestOf(config)
      roots.set(id, root.digest)
      for (const tag of names)
        checkLoaded(await inspectDaemonImage(engine, tag, signal), tag, { root: root.digest, id, config })
      return { changed: true, ...result }
    },
    [Symbol.asyncDispose]: () => archive.load.cancel(),
  }
}

function layersOf({ store, api }: Engine): readonly LayerCompression[] {
  return store !== 'docker' || api >= zstdApi ? ['none', 'gzip', 'zstd'] : ['none', 'gzip']
}

/** Where the image was pulled from, if that is told by exactly one digest: then it is the one that the name resolves to. */
function onlyRepoDigest(image: DaemonImage, tag: string): Digest | undefined {
  const repository = familiar(tag.slice(0, tag.lastIndexOf(':')))
  const digests = image.repoDigests
    .map(each => each.split('@'))
    .filter(([each]) => each !== undefined && familiar(each) === repository)
  const [only, ...more] = digests
  return more.length === 0 ? (only?.[1] as Digest | undefined) : undefined
}

/** @throws LadingError `server-error` where the name has another image, or none, after a load that Docker called a success */
function checkLoaded(
  image: DaemonImage | undefined,
  tag: string,
  sent: { readonly root: Digest; readonly id: Digest; readonly config: Uint8Array },
): void {
  const fail = (why: string) =>
    new LadingError('server-error', `Docker says that it has loaded the image, but ${familiar(tag)} ${why}`)
  if (image === undefined) throw fail('is not there')
  const [is, expected] = image.root === undefined ? [image.id, sent.id] : [image.root, sent.root]
  if (is !== expected) throw fail(`is ${is}, and ${expected} was sent`)
  const { diffIds } = parseImageConfig(sent.config)
  if (image.diffIds.join() !== diffIds.join()) throw fail('has other layers than were sent')
}
