import { LadingError } from '../../errors/index.ts'
import { shownName } from './entry-name.ts'
import { checksums, numberField, textField, writeNumber, writeText } from './header-fields.ts'
import { blockBytes, type TarEntryType, type TarHeader } from './tar-header.ts'

/** One header block as it stands: POSIX.1-2017, pax, "ustar Interchange Format", and what came before and after it. */
export interface HeaderBlock {
  readonly name: string
  readonly flag: string
  readonly linkName: string
  /** NaN or negative where the field is not a size. */
  readonly size: number
  readonly mode: number
  /** Of a GNU sparse file: whether more of its map follows in blocks of its own. */
  readonly moreSparse: boolean
}

/** The fields, as [first byte, byte after the last]. */
const fields = {
  name: [0, 100],
  mode: [100, 108],
  uid: [108, 116],
  gid: [116, 124],
  size: [124, 136],
  mtime: [136, 148],
  checksum: [148, 156],
  linkName: [157, 257],
  magic: [257, 265],
  deviceMajor: [329, 337],
  deviceMinor: [337, 345],
  prefix: [345, 500],
} as const satisfies Record<string, readonly [number, number]>
const flagAt = 156
const gnuSparseMoreAt = 482

/** What the longest name may be that needs no header of its own. */
export const maxNameBytes = fields.name[1]

/** @throws LadingError `bad-archive` where the checksum is wrong */
export function parseHeaderBlock(block: Uint8Array, position: number): HeaderBlock {
  const field = ([start, end]: readonly [number, number]) => block.subarray(start, end)
  const sums = checksums(block)
  if (!sums.includes(numberField(field(fields.checksum)))) {
    throw new LadingError(
      'bad-archive',
      position === 0 ? 'it is not a tar archive' : `the header at byte ${position} is damaged: its checksum is wrong`,
    )
  }
  const magic = Buffer.from(field(fields.magic)).toString('latin1')
  const [start] = fields.prefix
  // Schilling's star ends the block with its own mark, and has two times where others have the end of the prefix.
  const star = Buffer.from(block.subarray(508)).toString('latin1') === 'tar\0'
  const prefix = magic.startsWith('ustar\0') ? textField(block.subarray(start, star ? 476 : fields.prefix[1])) : ''
  const name = textField(field(fields.name))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    flag: String.fromCharCode(block[flagAt] ?? 0),
    linkName: textField(field(fields.linkName)),
    size: numberField(field(fields.size)),
    mode: numberField(field(fields.mode)),
    moreSparse: (block[gnuSparseMoreAt] ?? 0) !== 0,
  }
}

const flags: Partial<Record<TarEntryType, string>> = { file: '0', hardlink: '1', symlink: '2', directory: '5' }

/** What a header says of an entry. Names may be bytes, since a file system has no encoding. */
export interface HeaderFields extends Omit<TarHeader, 'name' | 'linkName' | 'type'> {
  readonly name: string | Uint8Array
  readonly linkName?: string | Uint8Array
  readonly type?: TarEntryType
  /** POSIX's `typeflag`, where it is none of the types. */
  readonly flag?: string
  /** Default 0, as of everything below. */
  readonly uid?: number
  readonly gid?: number
  /** In seconds since 1970. */
  readonly mtime?: number
  readonly device?: readonly [major: number, minor: number]
}

/** A ustar header that is the same for the same entry: no owner and no time but what is given. */
export function formatHeaderBlock(header: HeaderFields): Uint8Array {
  const block = new Uint8Array(blockBytes)
  const field = ([start, end]: readonly [number, number]) => block.subarray(start, end)
  const { type = 'file', name, size, linkName = '' } = header
  const flag = header.flag ?? flags[type]
  if (flag === undefined)
    throw new LadingError('internal', `${shownName(Buffer.from(name).toString())} is of a type that is not written`)
  writeText(field(fields.name), name)
  writeNumber(field(fields.mode), header.mode ?? (type === 'directory' ? 0o755 : 0o644))
  writeNumber(field(fields.uid), header.uid ?? 0)
  writeNumber(field(fields.gid), header.gid ?? 0)
  writeNumber(field(fields.mtime), header.mtime ?? 0)
  writeNumber(field(fields.size), size)
  block[flagAt] = flag.charCodeAt(0)
  writeText(field(fields.linkName), linkName)
  writeText(field(fields.magic), 'ustar\x0000')
  if (header.device !== undefined) {
    writeNumber(field(fields.deviceMajor), header.device[0])
    writeNumber(field(fields.deviceMinor), header.device[1])
  }
  const [sum] = checksums(block)
  writeText(field(fields.checksum), `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}
