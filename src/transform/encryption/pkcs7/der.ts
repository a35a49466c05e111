/** An element of DER: X.690, 8.1. */
export interface Der {
  readonly tag: number
  readonly content: Buffer
  /** The element as it stands. */
  readonly whole: Buffer
}

export const derTags = { integer: 0x02, octets: 0x04, null: 0x05, oid: 0x06, sequence: 0x30, set: 0x31 } as const

/** @throws SyntaxError where the bytes are no sequence of elements of definite length */
export function readDer(bytes: Buffer): readonly Der[] {
  const elements: Der[] = []
  for (let at = 0; at < bytes.byteLength; ) {
    const element = readElement(bytes, at)
    elements.push(element)
    at += element.whole.byteLength
  }
  return elements
}

/** The elements within one of this tag. @throws SyntaxError where it is another one, or absent */
export function within(element: Der | undefined, tag: number): readonly Der[] {
  return readDer(contentOf(element, tag))
}

/** @throws SyntaxError where it is another element, or absent */
export function contentOf(element: Der | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new SyntaxError(`there is no element ${tag}`)
  return element.content
}

/** An element of these contents. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { byteLength } = content
  if (byteLength < 0x80) return Buffer.concat([Buffer.from([tag, byteLength]), content])
  const hex = byteLength.toString(16)
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.byteLength]), length, content])
}

function readElement(bytes: Buffer, start: number): Der {
  const tag = bytes[start]
  const first = bytes[start + 1]
  // Tags above 30, and lengths that are not told, are in nothing that is read here.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f || first === 0x80 || first > 0x84) {
    throw new SyntaxError('it is no DER')
  }
  const lengthBytes = first < 0x80 ? 0 : first - 0x80
  const begin = start + 2 + lengthBytes
  if (begin > bytes.byteLength) throw new SyntaxError('it breaks off')
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes)
  const end = begin + length
  if (end > bytes.byteLength) throw new SyntaxError('it breaks off')
  return { tag, content: bytes.subarray(begin, end), whole: bytes.subarray(start, end) }
}
