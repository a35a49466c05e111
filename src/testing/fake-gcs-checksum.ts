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
export function checkStated({ md5Hash, crc32c }: StatedChecksums, content: Uint8Array): void {
  if (md5Hash !== undefined) check('MD5', md5Hash, md5Of(content).toString('base64'))
  if (crc32c !== undefined) check('CRC32C', crc32c, crc32cOf(content))
}

function check(label: string, stated: string, actual: string): void {
  if (stated === actual) return
  const message = `Provided ${label} hash "${stated}" doesn't match calculated ${label} hash "${actual}".`
  throw new GcsRefusal(400, 'invalid', 'BadDigest', message)
}
