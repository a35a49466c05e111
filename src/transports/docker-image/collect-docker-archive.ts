import { LadingError } from '../../errors/index.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { type Digest, digestOf } from '../../model/digest.ts'
import { ociLayer } from '../../model/media-types.ts'
import { sniffCompression, sniffedBytes } from '../../streams/compression/sniff-compression.ts'
import { type ByteStream, readAll } from '../../streams/index.ts'
import { type ArrivingEntry, cleanName, type LocatedEntry, openTarIndex, shownName } from '../../streams/tar/index.ts'
import type { TakeLayer } from '../transport.ts'
import { type ArchiveFiles, digestOfName, maxDocumentBytes, tooLargeDocument } from './archive-files.ts'
import { type FoundCompression, layerType } from './layer-type.ts'

/** What is left of an archive that has come and gone. */
export interface CollectedArchive extends ArchiveFiles {
  /** A document by the digest of its bytes. */
  documentOf(digest: Digest): Uint8Array | undefined
}

/** All documents of an archive are kept in memory until it has been read. */
const maxKeptBytes = 64 * 1024 * 1024
const maxEntries = 1_000_000

/** What an entry was, by its position in the archive. */
type Content =
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'layer'; readonly digest: Digest; readonly compression: FoundCompression }

/**
 * Reads an archive that comes once, as `docker save` sends it: gives layers to `take` as they come, and keeps the documents.
 *
 * A file is a layer where it cannot be a document: what names the layers may come last. So `take` is given files too that turn out
 * to be nothing.
 *
 * @throws what `take` throws; LadingError `bad-archive`
 */
export async function collectDockerArchive(
  entries: AsyncIterable<ArrivingEntry>,
  take: TakeLayer,
): Promise<CollectedArchive> {
  const located: LocatedEntry[] = []
  const contents = new Map<number, Content>()
  const documents = new Map<Digest, Uint8Array>()
  let kept = 0

  const keep = (position: number, path: string, bytes: Uint8Array): void => {
    kept += bytes.byteLength
    if (kept > maxKeptBytes)
      throw new LadingError('bad-archive', `the archive's documents have more than ${maxKeptBytes} bytes`)
    contents.set(position, { kind: 'document', bytes })
    const named = digestOfName(path)
    documents.set(digestOf(bytes), bytes)
    if (named?.startsWith('sha512:')) documents.set(digestOf(bytes, 'sha512'), bytes)
  }

  for await (const { header, body } of entries) {
    const position = located.length
    // A position stands for where the bytes are: they are gone.
    located.push({ header, start: position })
    if (position === maxEntries) throw new LadingError('bad-archive', `the archive has more than ${maxEntries} entries`)
    const path = cleanName(header.name)
    if (header.type !== 'file' || path === undefined) continue
    const role = roleOf(path)
    if (role === 'nothing' || (role === 'document' && header.size > maxDocumentBytes)) continue
    if (role === 'document') {
      keep(position, path, await readAll(body, header.size, shownName(path)))
      continue
    }
    const arrival = await openArrival(body, header.size)
    if (arrival.document !== undefined) {
      keep(position, path, arrival.document)
      continue
    }
    const compression = sniffCompression(arrival.first)
    const named = digestOfName(path)
    // What tells the digest of an uncompressed layer tells nothing of a compressed one.
    const known = compression === 'none' || path.startsWith('blobs/') ? named : undefined
    const layer = { size: header.size, body: arrival.body, ...(known === undefined ? {} : { digest: known }) }
    contents.set(position, { kind: 'layer', digest: await take(layer), compression })
  }

  const index = openTarIndex(located)
  return {
    size: name => index.find(name)?.size,
    async document(name) {
      const found = index.find(name)
      if (found === undefined) return undefined
      const content = contents.get(found.start)
      if (content?.kind === 'document') return content.bytes
      if (found.size > maxDocumentBytes) throw tooLargeDocument(shownName(name), found.size)
      throw new LadingError('bad-archive', `${shownName(name)} is no JSON document`)
    },
    async layer(name, diffId) {
      const found = index.find(name)
      const content = found && contents.get(found.start)
      if (found === undefined || content === undefined) return undefined
      if (content.kind === 'document')
        throw new LadingError('bad-archive', `${shownName(name)} is a JSON document, and no layer`)
      return layerOf(name, diffId, content, found.size)
    },
    documentOf: digest => documents.get(digest),
  }
}

function layerOf(
  name: string,
  diffId: Digest,
  { digest, compression }: Extract<Content, { kind: 'layer' }>,
  size: number,
): Descriptor {
  if (compression === 'none' && digest !== diffId) {
    throw new LadingError('digest-mismatch', `the layer ${shownName(name)} is ${digest}, and its config says ${diffId}`)
  }
  // What no type can say has been unpacked by whoever took it.
  const mediaType = compression === 'bzip2' || compression === 'xz' ? ociLayer : layerType(compression, name)
  return { mediaType, digest, size }
}

/** By name, as far as that tells it. What Docker before 1.10 needed says nothing that is not said elsewhere. */
function roleOf(path: string): 'document' | 'nothing' | 'unknown' {
  const base = path.slice(path.lastIndexOf('/') + 1)
  if (base === 'json' || base === 'VERSION' || path === 'repositories') return 'nothing'
  return base.endsWith('.json') || path === 'oci-layout' ? 'document' : 'unknown'
}

interface Arrival {
  readonly first: Uint8Array
  readonly body: ByteStream
  /** All of it, where it is a JSON object that is no larger than a document. */
  readonly document?: Uint8Array
}

async function openArrival(stream: ByteStream, size: number): Promise<Arrival> {
  const iterator = stream[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  let read = 0
  const readTo = async (wanted: number) => {
    while (read < wanted) {
      const next = await iterator.next()
      if (next.done) return
      chunks.push(next.value)
      read += next.value.byteLength
    }
  }
  await readTo(Math.min(size, sniffedBytes))
  const [start = new Uint8Array()] = chunks
  const first = chunks.length < 2 ? start : new Uint8Array(Buffer.concat(chunks))
  if (size <= maxDocumentBytes && first[0] === 0x7b) {
    await readTo(size)
    const whole = new Uint8Array(Buffer.concat(chunks))
    if (isJsonObject(whole)) return { first, body: chunksOf([whole]), document: whole }
  }
  return { first, body: chunksOf(chunks, iterator) }
}

async function* chunksOf(chunks: readonly Uint8Array[], rest?: AsyncIterator<Uint8Array>): ByteStream {
  yield* chunks
  if (rest !== undefined) yield* { [Symbol.asyncIterator]: () => rest }
}

function isJsonObject(bytes: Uint8Array): boolean {
  try {
    // Whatever begins with a brace and is JSON is an object.
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}
