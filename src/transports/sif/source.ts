import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import type { Descriptor, Node } from '../../model/descriptor.ts'
import { digestOf } from '../../model/digest.ts'
import { imageManifest } from '../../model/image-manifest.ts'
import { ociConfig, ociLayer, ociManifest } from '../../model/media-types.ts'
import { type ByteStream, bytesOf, createDraft, partOfStream, randomAccessFile } from '../../streams/index.ts'
import type { ImageSource, TransportContext } from '../transport.ts'
import { imageConfig } from './image-config.ts'
import { readSif } from './read-sif.ts'
import { formatSifReference, type SifReference } from './reference.ts'
import { runCommand } from './run-script.ts'
import { squashLayer } from './squash-layer.ts'
import { findUnsquashfs } from './unsquashfs.ts'

/** An image whose layer is made anew whenever it is read. */
interface SifImage {
  readonly root: Node
  readonly documents: ReadonlyMap<string, Uint8Array>
  readonly layer: Descriptor
  readLayer(signal?: AbortSignal): ByteStream
}

/**
 * The image that containers/image makes of a SIF file: one layer of all its files, and a config that runs its run script. The file
 * system is read twice, once for the digest: that costs less than keeping an unpacked copy of it on disk.
 */
export async function openSifSource(
  { path, ...reference }: SifReference,
  context: Pick<TransportContext, 'environment' | 'warn'>,
): Promise<ImageSource> {
  let loaded: Promise<SifImage> | undefined
  const image = (signal?: AbortSignal) => {
    loaded ??= load(path, context, signal).catch(error => {
      loaded = undefined
      throw error
    })
    return loaded
  }
  return {
    name: formatSifReference({ path, ...reference }),
    traits: { order: 'any', unpacked: true },
    resolve: async signal => (await image(signal)).root,
    async *fetch(node, range, signal): ByteStream & AsyncGenerator<Uint8Array> {
      const { documents, layer, readLayer } = await image(signal)
      const document = documents.get(node.digest)
      if (document === undefined && node.digest !== layer.digest)
        throw new LadingError('blob-not-found', `the image has no ${node.kind} ${node.digest}`)
      yield* partOfStream(document === undefined ? readLayer(signal) : bytesOf(document).open(), range)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function load(
  path: string,
  { environment, warn }: Pick<TransportContext, 'environment' | 'warn'>,
  signal: AbortSignal | undefined,
): Promise<SifImage> {
  await using file = await openFile(path)
  const { size } = await file.stat()
  const sif = await readSif(randomAccessFile(file, size), signal)
  const unsquashfs = await findUnsquashfs(environment, signal)
  if (!unsquashfs.tellsAttributes) {
    warn(
      `unsquashfs ${unsquashfs.version} does not tell extended attributes: capabilities of files are lost; 4.6 tells them`,
    )
  }
  const { command, script } = runCommand(sif.definition)
  const readLayer = (inner?: AbortSignal) =>
    squashLayer(
      unsquashfs.unpack(resolve(path), sif.fileSystem.offset, inner),
      script === undefined ? undefined : { text: script, mtime: sif.modified },
    )
  const draft = createDraft(readLayer(signal))
  for await (const _ of draft.read());
  const layer = { mediaType: ociLayer, digest: draft.digest(), size: draft.size }
  const config = imageConfig(sif, command, layer.digest)
  const manifest = imageManifest({ mediaType: ociConfig, digest: digestOf(config), size: config.byteLength }, [layer])
  const documents = new Map([config, manifest].map(bytes => [digestOf(bytes), bytes] as const))
  return {
    root: { kind: 'manifest', mediaType: ociManifest, digest: digestOf(manifest), size: manifest.byteLength },
    documents,
    layer,
    readLayer,
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw fromFileError(error, { operation: 'open', subject: path })
    throw new LadingError('image-not-found', `there is no file ${path}`, { cause: error })
  }
}
