import { LadingError } from '../../../errors/index.ts'
import { shownName } from '../../tar/entry-name.ts'
import { textField } from '../../tar/header-fields.ts'
import { readPaxRecords } from '../../tar/pax-records.ts'
import { blockBytes, paddingOf, type TarHeader } from '../../tar/tar-header.ts'
import { formatMoment, type Moment, parsePaxTime, signedField, wholeNumber } from './header-values.ts'
import type { EntryMetadata } from './toc-entry.ts'
import { unlisted } from './unlisted.ts'

const types: Readonly<Record<string, EntryMetadata['type']>> = {
  '0': 'reg',
  '\0': 'reg',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
}
const xattrPrefix = 'SCHILY.xattr.'

/**
 * What the table of contents says of an entry besides its content: all that a reader makes a file of without its header.
 *
 * MUST be what Go's archive/tar reads of the same header: containers/storage compares the two, and refuses a layer where they differ.
 *
 * @param raw the header's blocks, and those of the extended headers before it
 * @throws LadingError `bad-archive`; `unsupported` where there is no way to say it
 */
export function entryMetadata(header: TarHeader, raw: Uint8Array): EntryMetadata {
  const { block, pax } = takeApart(raw, header.name)
  const field = (start: number, end: number) => block.subarray(start, end)
  const { name } = header
  const flag = String.fromCharCode(block[156] ?? 0)
  const type = header.type === 'directory' ? 'dir' : header.type === 'sparse' ? undefined : types[flag]
  if (type === undefined) throw unlisted(`${shownName(name)} is of a type (${shownFlag(flag)}) that its table has not`)
  const linkName = header.linkName ?? textField(field(157, 257))
  if (![name, linkName].every(text => standsIn(raw, text)))
    throw unlisted(`${shownName(name)} has a name that is not UTF-8`)

  const number = (key: string, start: number, end: number) => {
    const said = pax.get(key)
    return checked(said === undefined ? signedField(field(start, end)) : wholeNumber(textField(said)), name)
  }
  const { access, change } = timesOfFormat(block)
  const time = (key: string, otherwise: number | undefined) => {
    const said = pax.get(key)
    if (said !== undefined) return formatted(parsePaxTime(textField(said)), name)
    return otherwise === undefined ? undefined : formatted({ seconds: otherwise, nanoseconds: 0 }, name)
  }
  const devices = Buffer.from(field(257, 262)).toString('latin1') === 'ustar'
  return {
    type,
    name,
    linkName,
    mode: checked(signedField(field(100, 108)), name),
    size: number('size', 124, 136),
    uid: number('uid', 108, 116),
    gid: number('gid', 116, 124),
    modtime: time('mtime', signedField(field(136, 148))),
    accesstime: time('atime', access),
    changetime: time('ctime', change),
    devMajor: devices ? checked(signedField(field(329, 337)), name) : 0,
    devMinor: devices ? checked(signedField(field(337, 345)), name) : 0,
    xattrs: new Map(
      [...pax]
        .filter(([key]) => key.startsWith(xattrPrefix))
        .map(([key, value]) => [
          textField(Buffer.from(key.slice(xattrPrefix.length), 'latin1')),
          Buffer.from(value).toString('base64'),
        ]),
    ),
  }
}

/** The entry's own block, and the records that hold for it. An empty value is as good as none. */
function takeApart(raw: Uint8Array, name: string) {
  let pax = new Map<string, Uint8Array>()
  for (let at = 0; ; ) {
    const block = raw.subarray(at, at + blockBytes)
    const flag = String.fromCharCode(block[156] ?? 0)
    if (!'xgLK'.includes(flag)) return { block, pax }
    // Readers do not agree on what such a header changes, and containers/storage knows none.
    if (flag === 'g') throw unlisted(`before ${shownName(name)} is a header for all entries after it`)
    const size = signedField(block.subarray(124, 136))
    const body = raw.subarray(at + blockBytes, at + blockBytes + size)
    if (flag === 'x') pax = new Map([...readPaxRecords(body, at)].filter(([, value]) => value.byteLength > 0))
    at += blockBytes + size + paddingOf(size)
  }
}

/** GNU tar and Schilling's star have times where others have the end of the prefix. */
function timesOfFormat(block: Uint8Array): { readonly access?: number; readonly change?: number } {
  const magic = Buffer.from(block.subarray(257, 265)).toString('latin1')
  const at = (start: number) => signedField(block.subarray(start, start + 12))
  if (magic === 'ustar  \0') {
    return { ...(block[345] === 0 ? {} : { access: at(345) }), ...(block[357] === 0 ? {} : { change: at(357) }) }
  }
  const star = magic.startsWith('ustar\0') && Buffer.from(block.subarray(508)).toString('latin1') === 'tar\0'
  return star ? { access: at(476), change: at(488) } : {}
}

/** Whether the text is what the bytes say: those that are not UTF-8 were read as Latin-1. Names may stand in two fields. */
function standsIn(raw: Uint8Array, text: string): boolean {
  if (/^[\0-\x7f]*$/.test(text)) return true
  return text.split('/').every(part => Buffer.from(raw).includes(Buffer.from(part)))
}

function checked(value: number, name: string): number {
  if (!Number.isNaN(value)) return value
  throw new LadingError('bad-archive', `the header of ${shownName(name)} has a number that is none`)
}

function formatted(moment: Moment, name: string): string {
  checked(moment.seconds, name)
  const text = formatMoment(moment)
  if (text === undefined) throw unlisted(`${shownName(name)} has a time beyond the year 9999, or before the year 0`)
  return text
}

function shownFlag(flag: string): string {
  return /^[\x21-\x7e]$/.test(flag) ? flag : `byte ${flag.charCodeAt(0)}`
}
