import { type Digest, isDigest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import { maxManifestBytes } from '../../model/manifest.ts'
import { readAll } from '../../streams/index.ts'
import {
  type ArrivingEntry,
  cleanName,
  createEntryLimit,
  type LocatedEntry,
  openTarIndex,
  shownName,
} from '../../streams/tar/index.ts'
import type { TakeLayer } from '../transport.ts'
import { openArrivingFile } from './arriving-file.ts'

/** What a file of an archive turned out to be. `start`: enough of its first bytes to tell how it is compressed. */
export type CollectedFile =
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'layer'; readonly digest: Digest; readonly size: number; readonly start: Uint8Array }
  /** It was not looked at, or there was no room to keep it. */
  | { readonly kind: 'passed'; readonly size: number }

/** What is left of an archive that has come and gone. */
export interface CollectedArchive {
  /** By name, links followed. @throws LadingError `bad-archive` as `TarIndex.find` does */
  find(name: string): CollectedFile | undefined
}

/** What a file is by its name. `blob`: a document where it is a JSON object, else a layer. */
export type FileRole = 'document' | 'blob' | 'nothing'

/** The digest of a file's bytes as far as its name tells it. Whoever takes the file checks it. `start`: its first bytes. */
export type NamedDigest = (path: string, start: Uint8Array) => Digest | undefined

const maxKeptBytes = limits.archiveDocumentsBytes

/**
 * Reads an archive that comes once: gives the layers to `take` as they come, and keeps the documents in memory, up to 64 MiB.
 *
 * A file is a layer where it cannot be a document, since what names the layers may come last. So `take` is given files too that turn
 * out to be nothing.
 *
 * @throws what `take` throws; LadingError `bad-archive`
 */
export async function collectArchive(
  entries: AsyncIterable<ArrivingEntry>,
  roleOf: (path: string) => FileRole,
  take: TakeLayer,
  digestOf: NamedDigest = digestOfBlob,
): Promise<CollectedArchive> {
  const located: LocatedEntry[] = []
  const files: CollectedFile[] = []
  const count = createEntryLimit()
  let room = maxKeptBytes

  const collect = async (path: string, { header: { size }, body }: ArrivingEntry): Promise<CollectedFile> => {
    const role = roleOf(path)
    const most = Math.min(room, maxManifestBytes)
    if (role === 'nothing') return { kind: 'passed', size }
    if (role === 'document') {
      if (size > most) return { kind: 'passed', size }
      room -= size
      return { kind: 'document', bytes: await readAll(body, size, shownName(path)) }
    }
    const file = await openArrivingFile(body, size, most)
    if (file.kind === 'document') {
      room -= size
      return file
    }
    const named = digestOf(path, file.start)
    const digest = await take({ size, body: file.body, ...(named === undefined ? {} : { digest: named }) })
    return { kind: 'layer', digest, size, start: file.start }
  }

  for await (const entry of entries) {
    count(entry.header)
    const path = cleanName(entry.header.name)
    // The position of its file stands for where its bytes are: those are gone.
    located.push({ header: entry.header, start: files.length })
    if (entry.header.type === 'file' && path !== undefined) files.push(await collect(path, entry))
  }
  const index = openTarIndex(located)
  return {
    find(name) {
      const found = index.find(name)
      return found === undefined ? undefined : files[found.start]
    },
  }
}

/** OCI image specification, image-layout.md#blobs: the name is the digest. */
export function digestOfBlob(path: string): Digest | undefined {
  const [, algorithm, hex] = /^blobs\/([^/]+)\/([^/]+)$/.exec(path) ?? []
  const digest = `${algorithm}:${hex}`
  return isDigest(digest) ? digest : undefined
}
