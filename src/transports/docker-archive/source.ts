import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { type ByteRange, bytesOf } from '../../streams/index.ts'
import { type ArrivingArchive, openArchive, type SeekableArchive } from '../archive/open-archive.ts'
import { type ArchiveFiles, blobName } from '../docker-image/archive-files.ts'
import { type CollectedDockerArchive, collectDockerArchive } from '../docker-image/collect-docker-archive.ts'
import type { WantedImage } from '../docker-image/find-archived-image.ts'
import { type ResolvedImage, readArchiveManifest, resolveArchive } from '../docker-image/resolve-archive.ts'
import { seekableFiles } from '../docker-image/seekable-files.ts'
import type { ImageSource } from '../transport.ts'
import { type DockerArchiveReference, formatDockerArchiveReference } from './reference.ts'

/** @throws LadingError `image-not-found` where there is no file */
export async function openDockerArchiveSource(reference: DockerArchiveReference): Promise<ImageSource> {
  const name = formatDockerArchiveReference(reference)
  const archive = await openArchive(reference.path)
  return archive.kind === 'seekable'
    ? seekableSource(name, archive, reference)
    : arrivingSource(name, archive, reference)
}

function seekableSource(name: string, archive: SeekableArchive, wanted: WantedImage): ImageSource {
  let resolved: Promise<ResolvedImage> | undefined
  const resolve = (signal?: AbortSignal) => {
    resolved ??= archive.index(signal).then(index => resolveArchive(seekableFiles(archive.file, index), wanted, signal))
    return resolved
  }
  return {
    name,
    traits: { order: 'any', unpacked: true },
    resolve: async signal => (await resolve(signal)).root,
    async *tags(signal) {
      yield* namesIn(seekableFiles(archive.file, await archive.index(signal)), signal)
    },
    async *fetch(node, range, signal) {
      const { documents, layers } = await resolve(signal)
      const document = documents.get(node.digest)
      if (document !== undefined) return yield* partOf(document, range)
      const found = (await archive.index(signal)).find(layers.get(node.digest) ?? blobName(node.digest))
      if (found === undefined) throw absent(node)
      const { start = 0, end = found.size } = range ?? {}
      yield* archive.file.read(found.start + start, found.start + Math.min(end, found.size), signal)
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

function arrivingSource(name: string, archive: ArrivingArchive, wanted: WantedImage): ImageSource {
  let files: CollectedDockerArchive | undefined
  let resolved: Promise<ResolvedImage> | undefined
  const received = (): CollectedDockerArchive => {
    if (files === undefined) throw new LadingError('internal', 'an archive that comes once was not received yet')
    return files
  }
  const resolve = (signal?: AbortSignal) => {
    resolved ??= resolveArchive(received(), wanted, signal)
    return resolved
  }
  return {
    name,
    traits: { order: 'once', unpacked: true },
    async receive(take, signal) {
      files = await collectDockerArchive(archive.entries(signal), take)
    },
    resolve: async signal => (await resolve(signal)).root,
    tags: signal => namesIn(received(), signal),
    async *fetch(node, range, signal) {
      const { documents } = await resolve(signal)
      const document = documents.get(node.digest) ?? received().kept(node.digest)
      if (document === undefined) throw absent(node)
      yield* partOf(document, range)
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

/** Every name of every image in it. */
async function* namesIn(files: ArchiveFiles, signal?: AbortSignal): AsyncGenerator<string> {
  yield* new Set((await readArchiveManifest(files, signal)).flatMap(({ tags }) => tags))
}

async function* partOf(document: Uint8Array, range: ByteRange = { start: 0 }): AsyncGenerator<Uint8Array> {
  yield* bytesOf(document.subarray(range.start, range.end)).open()
}

function absent({ kind, digest }: Node): LadingError {
  return new LadingError('blob-not-found', `the archive has no ${kind} ${digest}`, {
    hint: 'the archive is incomplete: save the image again',
  })
}
