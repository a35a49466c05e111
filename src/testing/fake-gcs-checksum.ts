import { createHash } from 'node:crypto'
import { GcsRefusal } from './fake-gcs-answer.ts'

/** CRC32C (Castagnoli, reflected), which zlib does not have. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

/** As Google writes it: big-endian, in base64. */
export function crc32cOf(content: Uint8Array): string {
  let value = 0xffffffff
  for (const byte of content) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE((value ^ 0xffffffff) >>> 0)
  return bytes.toString('base64')
}

export function md5Of(content: Uint8Array): Buffer {
  return createHash('md5').update(content).digest()
}

/** What a request says of its content; what it does not say is not checked. */
export interface StatedChecksums {
  readonly md5Hash?: string | undefined
  readonly crc32c?: string | undefined
}

/** @throws GcsRefusal where the content is not what was stated */
export function checkStated(stated: StatedChecksums, content: Uint8Array): void {
  const actual = { md5Hash: md5Of(content).toString('base64'), crc32c: crc32cOf(content) }
  for (const [field, label] of [
    ['md5Hash', 'MD5'],
    ['crc32c', 'CRC32C'],
  ] as const) {
    if (stated[field] === undefined || stated[field] === actual[field]) continue
    const message = `Provided ${label} hash "${stated[field]}" doesn't match calculated ${label} hash "${actual[field]}".`
    throw new GcsRefusal(400, 'invalid', 'BadDigest', message)
  }
}
