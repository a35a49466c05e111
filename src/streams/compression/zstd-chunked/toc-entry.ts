/** What the table of contents says of an entry besides its content. What is 0 or empty is left out of it. */
export interface EntryMetadata {
  readonly type: 'reg' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo'
  readonly name: string
  readonly linkName: string
  readonly mode: number
  readonly size: number
  readonly uid: number
  readonly gid: number
  readonly modtime: string | undefined
  readonly accesstime: string | undefined
  readonly changetime: string | undefined
  readonly devMajor: number
  readonly devMinor: number
  /** In base64. */
  readonly xattrs: ReadonlyMap<string, string>
}

/** A part of a file, in frames that hold nothing else. */
export interface Chunk {
  /** In the file. */
  readonly position: number
  readonly size: number
  readonly digest: string
  readonly zeros: boolean
  /** Where its frames begin in the layer, and where they end. Known when they have been made. */
  place: { readonly start: number; readonly end: number } | undefined
}

/** An entry of an archive and, where it has any, its content. */
export interface TocEntry {
  readonly metadata: EntryMetadata
  readonly content?: { readonly digest: string; readonly chunks: readonly Chunk[] }
}

/**
 * The elements of the table's `entries`, as JSON: of a file of several chunks one for each, the first with what is said of the file.
 *
 * Field names and what is left out are containers/storage's, `pkg/chunked`.
 */
export function* formatTocEntry({ metadata, content }: TocEntry): Generator<string, void, undefined> {
  const { type, name, xattrs, ...rest } = metadata
  const { digest, chunks = [] } = content ?? {}
  const [first] = chunks
  yield JSON.stringify({
    type,
    name,
    ...present(rest),
    ...present(formerFields(metadata)),
    ...(xattrs.size === 0 ? {} : { xattrs: Object.fromEntries([...xattrs].toSorted(byKey)) }),
    ...present({ digest, offset: first?.place?.start, endOffset: chunks.at(-1)?.place?.end }),
    ...(first === undefined || chunks.length === 1 ? {} : present(chunkFields(first))),
  })
  for (const chunk of chunks.slice(1))
    yield JSON.stringify({ type: 'chunk', name, ...present({ offset: chunk.place?.start, ...chunkFields(chunk) }) })
}

/**
 * containers/storage up to 1.46 (podman up to 4.5) writes these fields as above but reads them under these names, and without them
 * makes every file root's, of the time of the pull. Later readers do not distinguish the case, and find the same twice.
 */
function formerFields({ uid, gid, modtime }: EntryMetadata) {
  return { UID: uid, GID: gid, ModTime: modtime }
}

function chunkFields({ size, position, digest, zeros }: Chunk) {
  return { chunkSize: size, chunkOffset: position, chunkDigest: digest, chunkType: zeros ? 'zeros' : '' }
}

function present(fields: Readonly<Record<string, string | number | undefined>>) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0 && value !== ''),
  )
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}
