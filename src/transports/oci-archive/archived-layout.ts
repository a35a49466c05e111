import { LadingError } from '../../errors/index.ts'
import { type ByteRange, bytesOf } from '../../streams/index.ts'
import { type CollectedArchive, collectArchive, type FileRole } from '../archive/collect-archive.ts'
import type { ArrivingArchive, SeekableArchive } from '../archive/open-archive.ts'
import type { LayoutFile, LayoutFiles } from '../oci-layout/layout-files.ts'
import { indexKey, markerKey } from '../oci-layout/layout-index.ts'
import type { TakeLayer } from '../transport.ts'

/** A layout in an archive. */
export interface ArchivedLayout extends LayoutFiles {
  /** Of the file of this name, whatever is in it. `undefined` where there is none. */
  sizeOf(name: string, signal?: AbortSignal): Promise<number | undefined>
}

/** A layout of which any part can be read. */
export function seekableLayout({ file, index }: SeekableArchive): ArchivedLayout {
  return {
    async get(key, { range, signal } = {}) {
      const found = (await index(signal)).find(key)
      if (found === undefined) throw absent(key)
      const { start, end } = within(range, found.size, key)
      return { info: { size: found.size }, body: file.read(found.start + start, found.start + end, signal) }
    },
    sizeOf: async (name, signal) => (await index(signal)).find(name)?.size,
  }
}

/** Reads a layout that comes once: gives the layers to `take`, and keeps the rest. */
export async function receiveLayout(
  archive: ArrivingArchive,
  take: TakeLayer,
  signal?: AbortSignal,
): Promise<ArchivedLayout> {
  const collected = await collectArchive(archive.entries(signal), roleOf, take)
  return {
    get: async (key, { range } = {}) => fileOf(collected, key, range),
    async sizeOf(name) {
      const found = collected.find(name)
      return found?.kind === 'document' ? found.bytes.byteLength : found?.size
    },
  }
}

function roleOf(path: string): FileRole {
  if (path === indexKey || path === markerKey) return 'document'
  return /^blobs\/[^/]+\/[^/]+$/.test(path) ? 'blob' : 'nothing'
}

function fileOf(collected: CollectedArchive, key: string, range: ByteRange | undefined): LayoutFile {
  const found = collected.find(key)
  if (found === undefined) throw absent(key)
  if (found.kind === 'document') {
    const { start, end } = within(range, found.bytes.byteLength, key)
    return { info: { size: found.bytes.byteLength }, body: bytesOf(found.bytes.subarray(start, end)).open() }
  }
  if (found.kind === 'layer') {
    throw new LadingError('bad-archive', `${key} is needed as a document, and is not one of at most 4 MiB`, {
      hint: onceHint,
    })
  }
  throw new LadingError('too-large', `${key} has ${found.size} bytes, and there was no room to keep it`, {
    hint: onceHint,
  })
}

const onceHint = 'write the archive to a file, uncompressed, and copy from there'

function absent(key: string): LadingError {
  return new LadingError('blob-not-found', `the archive has no ${key}`)
}

function within(range: ByteRange | undefined, size: number, key: string): Required<ByteRange> {
  const { start = 0, end = size } = range ?? {}
  if (start <= end && end <= size) return { start, end }
  throw new LadingError('size-mismatch', `bytes ${start} to ${end} were asked for, and ${key} has ${size}`)
}
