import { LadingError } from '../../errors/index.ts'
import { type ByteStream, bytesOf } from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { type CollectedDockerArchive, collectDockerArchive } from '../docker-image/collect-docker-archive.ts'
import { type ResolvedImage, resolveArchive } from '../docker-image/resolve-archive.ts'
import type { ImageSource, TransportContext } from '../transport.ts'
import { openTool } from './open-tool.ts'
import { type ContainersStorageReference, formatContainersStorageReference } from './reference.ts'

/**
 * The storage has a layer as files alone, so its compressed bytes, and with them the manifest's digest, cannot be had back: what comes
 * is what `docker save` would give.
 *
 * @throws LadingError `program-not-found`
 */
export async function openContainersStorageSource(
  reference: ContainersStorageReference,
  { environment }: Pick<TransportContext, 'environment'>,
): Promise<ImageSource> {
  const { work, tool } = await openTool(reference, environment)
  const name = formatContainersStorageReference(reference)
  let received: { readonly archive: CollectedDockerArchive; readonly image: ResolvedImage } | undefined
  return {
    name,
    traits: { order: 'once', unpacked: true },
    preview: signal => tool.describe(signal),
    async receive(take, signal) {
      const archive = await collectDockerArchive(readTar(tool.save(signal)), take)
      received = { archive, image: await resolveArchive(archive, {}, signal) }
    },
    async resolve() {
      if (received === undefined) throw new LadingError('internal', 'the image was resolved before it was received')
      return received.image.root
    },
    async *fetch(node, range): ByteStream & AsyncGenerator<Uint8Array> {
      const bytes = received?.image.documents.get(node.digest) ?? received?.archive.kept(node.digest)
      if (bytes === undefined)
        throw new LadingError(
          'blob-not-found',
          `the storage has given no ${node.kind} ${node.digest} that can be read again`,
        )
      yield* bytesOf(bytes.subarray(0, range?.end)).open(range?.start)
    },
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  }
}
