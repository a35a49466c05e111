import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { layerTypeAs, ociLayer } from '../../model/media-types.ts'
import {
  type ByteStream,
  createDraft,
  decompress,
  readHead,
  sniffCompression,
  sniffedBytes,
} from '../../streams/index.ts'
import { readTar } from '../../streams/tar/index.ts'
import { openTarFile, type TarFile } from './tar-file.ts'

/** A tar archive as a layer. */
export interface TarLayer extends AsyncDisposable {
  readonly layer: Descriptor
  readonly diffId: Digest
  /** In milliseconds since 1970. */
  readonly modified: number
  open(signal?: AbortSignal): ByteStream
}

/**
 * Reads an archive once, for its digests, and to see that it is one. A layer is the file as it is; where no media type says how it is
 * compressed, it is what the file holds.
 *
 * @throws LadingError `image-not-found`, `bad-archive`, `bad-compression`
 */
export async function openTarLayer(path: string, temporaryFolder?: string, signal?: AbortSignal): Promise<TarLayer> {
  const file = await openTarFile(path, temporaryFolder)
  try {
    return await readLayer(file, signal)
  } catch (error) {
    await file[Symbol.asyncDispose]()
    throw error instanceof LadingError ? error.with({ subject: path }) : error
  }
}

async function readLayer(file: TarFile, signal: AbortSignal | undefined): Promise<TarLayer> {
  const stored = createDraft(file.open(signal))
  const head = await readHead(stored.read(), sniffedBytes - 1)
  try {
    const compression = sniffCompression(Buffer.concat(head.chunks.map(chunk => chunk.subarray(0, sniffedBytes))))
    const content = createDraft(decompress(head.stream(), compression))
    for await (const _ of readTar(content.read()));
    const named = compression !== 'xz' && compression !== 'bzip2'
    const { digest, size } = named
      ? { digest: stored.digest(), size: stored.size }
      : { digest: content.digest(), size: content.size }
    return {
      layer: { mediaType: named ? layerTypeAs(ociLayer, compression) : ociLayer, digest, size },
      diffId: content.digest(),
      modified: file.modified,
      open: inner => (named ? file.open(inner) : decompress(file.open(inner), compression)),
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    }
  } finally {
    await head.close()
  }
}
