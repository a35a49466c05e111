/** One packet of an OpenPGP message (RFC 4880, section 4). */
export interface Packet {
  readonly tag: number
  readonly body: Uint8Array
}

/**
 * The packets of a message, which are all that it is made of.
 *
 * @throws RangeError where the bytes are cut off, or are no packets
 */
export function readPackets(bytes: Uint8Array): Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < bytes.length; ) {
    const header = bytes[at] ?? 0
    if ((header & 0x80) === 0) throw new RangeError('it is not an OpenPGP message')
    const isNew = (header & 0x40) !== 0
    const tag = isNew ? header & 0x3f : (header & 0x3c) >> 2
    if (tag === 0) throw new RangeError('it is not an OpenPGP message')
    const { body, end } = isNew ? newBody(bytes, at + 1) : oldBody(bytes, at + 1, header & 0x03)
    packets.push({ tag, body })
    at = end
  }
  return packets
}

interface Body {
  readonly body: Uint8Array
  readonly end: number
}

function oldBody(bytes: Uint8Array, at: number, lengthType: number): Body {
  // of no stated length: to the end of the message
  if (lengthType === 3) return { body: bytes.subarray(at), end: bytes.length }
  const octets = 1 << lengthType
  return part(bytes, at + octets, bigEndian(bytes, at, octets))
}

function newBody(bytes: Uint8Array, start: number): Body {
  const parts: Uint8Array[] = []
  for (let at = start; ; ) {
    const first = bigEndian(bytes, at, 1)
    const isPartial = first >= 224 && first < 255
    const piece = isPartial
      ? part(bytes, at + 1, 2 ** (first & 0x1f))
      : first < 192
        ? part(bytes, at + 1, first)
        : first < 224
          ? part(bytes, at + 2, ((first - 192) << 8) + bigEndian(bytes, at + 1, 1) + 192)
          : part(bytes, at + 5, bigEndian(bytes, at + 1, 4))
    parts.push(piece.body)
    at = piece.end
    if (!isPartial) return { body: Buffer.concat(parts), end: at }
  }
}

function part(bytes: Uint8Array, start: number, length: number): Body {
  const end = start + length
  if (end > bytes.length) throw new RangeError('it is cut off')
  return { body: bytes.subarray(start, end), end }
}

function bigEndian(bytes: Uint8Array, at: number, octets: number): number {
  if (at + octets > bytes.length) throw new RangeError('it is cut off')
  return bytes.subarray(at, at + octets).reduce((sum, byte) => sum * 256 + byte, 0)
}
