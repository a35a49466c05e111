/** An ECDSA signature in ASN.1 DER (RFC 3279, section 2.2.3) of its two numbers one behind the other (RFC 7518, section 3.4). */
export function ecdsaDer(raw: Uint8Array): Buffer {
  const half = raw.byteLength / 2
  const body = Buffer.concat([integer(raw.subarray(0, half)), integer(raw.subarray(half))])
  return Buffer.concat([Buffer.from([0x30]), length(body.byteLength), body])
}

/** Without the zeros before it, and with one where the first bit would make it negative. */
function integer(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.byteLength - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  const sign = (digits[0] ?? 0) >= 0x80 ? [0] : []
  return Buffer.concat([Buffer.from([0x02]), length(digits.byteLength + sign.length), Buffer.from(sign), digits])
}

/** Two numbers of 66 bytes are the longest: one byte tells up to 127, two up to 255. */
function length(bytes: number): Buffer {
  return Buffer.from(bytes < 0x80 ? [bytes] : [0x81, bytes])
}
