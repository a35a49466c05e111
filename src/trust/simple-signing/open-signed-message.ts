import { inflateRawSync, inflateSync } from 'node:zlib'
import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import { type Packet, readPackets } from './read-packets.ts'

/** An opaque signed message, taken apart. Nothing of it is verified. */
export interface SignedMessage {
  readonly content: Uint8Array
  /** The one signature over it, as a packet of its own. */
  readonly signature: Uint8Array
}

const tags = { signature: 2, onePassSignature: 4, compressed: 8, encrypted: [1, 3, 9, 18, 20], literal: 11 }

/**
 * Takes a binary OpenPGP message apart, which MUST be one piece of content and one signature, compressed once or not at all, and nothing
 * else: not clearsigned, not detached, not encrypted. Two readers of anything more could see two messages.
 *
 * @throws LadingError `bad-manifest`
 */
export function openSignedMessage(bytes: Uint8Array): SignedMessage {
  if (bytes.length > limits.signatureBytes) throw refusal(`it has more than ${limits.signatureBytes} bytes`)
  const outer = packetsOf(bytes)
  const [first, ...others] = outer
  const packets = first?.tag === tags.compressed && others.length === 0 ? packetsOf(decompress(first.body)) : outer
  const form = packets.map(({ tag }) => tag).join()
  if (form === `${tags.onePassSignature},${tags.literal},${tags.signature}`) return signedBy(packets[1], packets[2])
  if (form === `${tags.signature},${tags.literal}`) return signedBy(packets[1], packets[0])
  throw refusal(whyNot(packets))
}

function signedBy(literal: Packet | undefined, signature: Packet | undefined): SignedMessage {
  const body = literal?.body ?? new Uint8Array()
  // RFC 4880, section 5.9: the format, a file's name with its length, a date
  const start = 1 + 1 + (body[1] ?? 0) + 4
  if (signature === undefined || body.length < start) throw refusal('it is cut off')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(signature.body.length)
  return {
    content: body.subarray(start),
    signature: Buffer.concat([Buffer.from([0xc0 | tags.signature, 0xff]), length, signature.body]),
  }
}

function whyNot(packets: readonly Packet[]): string {
  const found = packets.map(({ tag }) => tag)
  if (found.some(tag => tags.encrypted.includes(tag))) return 'it is encrypted'
  const signatures = found.filter(tag => tag === tags.signature).length
  if (signatures > 1) return `it has ${signatures} signatures`
  if (signatures === 0) return 'it is not signed'
  if (!found.includes(tags.literal)) return 'what is signed is not in it'
  return 'it has more in it than what is signed and the signature'
}

function packetsOf(bytes: Uint8Array): Packet[] {
  try {
    return readPackets(bytes)
  } catch (cause) {
    throw refusal(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** RFC 4880, section 9.3. */
function decompress(body: Uint8Array): Uint8Array {
  const inflate = { 1: inflateRawSync, 2: inflateSync }[body[0] ?? 0]
  if (inflate === undefined) throw refusal(`its compression (${body[0] ?? 'none'}) is neither ZIP nor ZLIB`)
  const compressed = body.subarray(1)
  const options = { maxOutputLength: limits.signatureBytes, info: true } as const
  let result: Inflated
  try {
    // The types of node do not tell of `info`.
    result = inflate(compressed, options) as unknown as Inflated
  } catch (cause) {
    throw refusal('it cannot be decompressed', cause)
  }
  if (result.engine.bytesWritten !== compressed.length) throw refusal('something follows it')
  return result.buffer
}

interface Inflated {
  readonly buffer: Buffer
  /** `bytesWritten` counts what was read of the input. */
  readonly engine: { readonly bytesWritten: number }
}

function refusal(why: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `this is no simple signature: ${why}`, { operation: 'read signature', cause })
}
