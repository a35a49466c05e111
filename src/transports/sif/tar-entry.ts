import {
  blockBytes,
  formatHeaderBlock,
  formatPaxRecords,
  type HeaderFields,
  maxNameBytes,
  paddingOf,
} from '../../streams/tar/index.ts'
import type { SquashEntry } from './pseudo-file.ts'

const flags: Readonly<Record<SquashEntry['type'], string | undefined>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
  // No archive has them: whoever listens makes them.
  socket: undefined,
}

const slash = Buffer.from('/')
const root = Buffer.from('.')

/** The header of a file in a layer, with its owner, its time and its extended attributes. `undefined` where it has no place in one. */
export function tarHeader(entry: SquashEntry): Uint8Array | undefined {
  const flag = flags[entry.type]
  if (flag === undefined) return undefined
  const { mode, uid, gid, mtime, size, device, linkName } = entry
  const plain = entry.name.byteLength === 0 ? root : entry.name
  const name = entry.type === 'directory' ? Buffer.concat([plain, slash]) : plain
  const records: [string, Uint8Array][] = [...entry.attributes].map(([key, value]) => [`SCHILY.xattr.${key}`, value])
  if (name.byteLength > maxNameBytes) records.push(['path', name])
  if (linkName !== undefined && linkName.byteLength > maxNameBytes) records.push(['linkpath', linkName])
  const header = formatHeaderBlock({
    name: name.subarray(0, maxNameBytes),
    flag,
    mode,
    uid,
    gid,
    mtime,
    size,
    ...(device === undefined ? {} : { device }),
    ...(linkName === undefined ? {} : { linkName: linkName.subarray(0, maxNameBytes) }),
  } satisfies HeaderFields)
  if (records.length === 0) return header
  const extended = formatPaxRecords(records)
  return Buffer.concat([
    formatHeaderBlock({ name: 'PaxHeaders/0', flag: 'x', size: extended.byteLength }),
    extended,
    Buffer.alloc(paddingOf(extended.byteLength)),
    header,
  ])
}

export const endOfArchive: Uint8Array = new Uint8Array(2 * blockBytes)
