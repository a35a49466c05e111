import { LadingError } from '../../errors/index.ts'
import { textField } from './header-fields.ts'

/** What an extended header says, as far as it matters here. An empty value takes back what a header before it said. */
export type PaxRecords = ReadonlyMap<string, string>

const space = 0x20
const equals = 0x3d
const newline = 0x0a

/**
 * Reads the records that matter to every reader.
 *
 * @throws LadingError `bad-archive`
 */
export function parsePaxRecords(bytes: Uint8Array, position: number): PaxRecords {
  const records = new Map<string, string>()
  for (const [key, value] of readPaxRecords(bytes, position)) {
    if (!keysThatMatter.has(key)) continue
    if (value.includes(0)) throw malformed(position)
    records.set(key, textField(value))
  }
  return records
}

/**
 * Reads the records `length key=value` of POSIX.1-2017, pax, "pax Extended Header". They are bytes: a value may hold anything. A key
 * is given byte by byte (Latin-1).
 *
 * @throws LadingError `bad-archive`
 */
export function* readPaxRecords(bytes: Uint8Array, position: number): Generator<readonly [string, Uint8Array]> {
  for (let at = 0; at < bytes.byteLength; ) {
    const digits = bytes.indexOf(space, at)
    const length = Buffer.from(bytes.subarray(at, Math.min(digits === -1 ? at : digits, at + 10))).toString('latin1')
    const end = at + Number(length)
    if (!/^[1-9]\d*$/.test(length) || end > bytes.byteLength || bytes[end - 1] !== newline) throw malformed(position)
    const record = bytes.subarray(digits + 1, end - 1)
    const split = record.indexOf(equals)
    if (digits >= end - 1 || split < 1) throw malformed(position)
    yield [Buffer.from(record.subarray(0, split)).toString('latin1'), record.subarray(split + 1)]
    at = end
  }
}

function malformed(position: number): LadingError {
  return new LadingError('bad-archive', `the extended header at byte ${position} is malformed`)
}

/**
 * What is kept of a record. GNU tar's sparse files are marked by any of several keys. They are named, not told by their beginning: what a
 * global header says is kept to the end, and nobody may fill the memory with it.
 */
const keysThatMatter: ReadonlySet<string> = new Set([
  'path',
  'linkpath',
  'size',
  ...['major', 'minor', 'name', 'realsize', 'size', 'numblocks', 'offset', 'numbytes', 'map'].map(
    key => `GNU.sparse.${key}`,
  ),
])

export function formatPaxRecords(records: Iterable<readonly [key: string, value: string | Uint8Array]>): Uint8Array {
  const formatted = [...records].map(([key, value]) =>
    formatRecord(Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])),
  )
  return Buffer.concat(formatted)
}

/** The length counts its own digits. */
function formatRecord(rest: Uint8Array): Uint8Array {
  let length = rest.byteLength
  while (length !== rest.byteLength + String(length).length) length = rest.byteLength + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
