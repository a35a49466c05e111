/** What a tar archive says of an entry before the entry's bytes. */
export interface TarHeader {
  /** As the archive has it: `cleanName` makes a path of it. */
  readonly name: string
  readonly type: TarEntryType
  /** Of a symbolic link relative to its own folder, of a hard link the name of an entry before it. */
  readonly linkName?: string
  /** Of the bytes that follow in the archive. */
  readonly size: number
  readonly mode?: number
}

/** `sparse` is a file whose bytes in the archive are not its content. `other`: devices, pipes, and what only some tools know. */
export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'sparse' | 'other'

/** Everything in an archive begins at a multiple of this. */
export const blockBytes = 512

/** What follows a body so that the next header begins at a block. */
export function paddingOf(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes
}
