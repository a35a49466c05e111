import { LadingError } from '../../errors/index.ts'

/** The text of a field: up to the first NUL. Bytes that are no UTF-8 are each one character, so different names stay different. */
export function textField(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  const text = end === -1 ? bytes : bytes.subarray(0, end)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text)
  } catch {
    return Buffer.from(text).toString('latin1')
  }
}

/**
 * A number as ustar writes it, octal digits among spaces and NULs, or as GNU tar does what has not enough room, in base 256.
 *
 * @returns NaN where it is neither
 */
export function numberField(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0
  if ((first & 0x80) !== 0) return base256(bytes, first)
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^[ \0]+/, '')
  const digits = /^[0-7]*(?=[ \0]|$)/.exec(text)?.[0]
  return digits === undefined ? Number.NaN : digits === '' ? 0 : Number.parseInt(digits, 8)
}

/** Two's complement without its highest bit, which is the mark. Beyond 2^53 it is not exact, and of a negative number only that it is one. */
function base256(bytes: Uint8Array, first: number): number {
  if ((first & 0x40) !== 0) return -1
  return bytes.reduce((value, byte, at) => value * 256 + (at === 0 ? byte & 0x7f : byte), 0)
}

/** Writes a number in octal digits and a NUL; one that has no room for that in base 256. */
export function writeNumber(field: Uint8Array, value: number): void {
  const digits = value.toString(8)
  if (digits.length < field.byteLength) {
    writeText(field, digits.padStart(field.byteLength - 1, '0'))
    return
  }
  let rest = value
  for (let at = field.byteLength - 1; at > 0; at -= 1) {
    field[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  field[0] = 0x80
}

/** @throws LadingError `internal` where the text has no room */
export function writeText(field: Uint8Array, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  if (bytes.byteLength > field.byteLength)
    throw new LadingError('internal', `${Buffer.from(bytes)} has no room in ${field.byteLength} bytes of a tar header`)
  field.set(bytes)
}

const checksumStart = 148
const checksumEnd = 156

/** POSIX.1-1988 says the sum of unsigned bytes; some old tools summed signed ones. */
export function checksums(block: Uint8Array): readonly [unsigned: number, signed: number] {
  let unsigned = 0
  let signed = 0
  for (let at = 0; at < block.byteLength; at += 1) {
    const byte = at >= checksumStart && at < checksumEnd ? 0x20 : (block[at] ?? 0)
    unsigned += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  return [unsigned, signed]
}
