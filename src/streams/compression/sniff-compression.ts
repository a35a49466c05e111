import type { Compression } from './compression.ts'

/** So many bytes tell every compression from every other content that it may be taken for. */
export const sniffedBytes = 10

/** What compressed the content that begins with these bytes. `sniffedBytes` of them are enough; of fewer, it is what they say. */
export function sniffCompression(start: Uint8Array): Compression {
  // RFC 1952, 2.3.1: the identification, and deflate, the only method there is.
  if (startsWith(start, [0x1f, 0x8b, 0x08])) return 'gzip'
  // RFC 8878, 3.1: a frame, or one to be skipped, whose number ends in any digit.
  if (startsWith(start, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd'
  if (((start[0] ?? 0) & 0xf0) === 0x50 && startsWith(start.subarray(1), [0x2a, 0x4d, 0x18])) return 'zstd'
  if (startsWith(start, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return 'xz'
  // The first file of a tar archive may be called BZh9: what follows is the number of a block, or of the end.
  const level = start[3] ?? 0
  if (startsWith(start, [0x42, 0x5a, 0x68]) && level >= 0x31 && level <= 0x39) {
    const block = start.subarray(4)
    if (startsWith(block, [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])) return 'bzip2'
    if (startsWith(block, [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])) return 'bzip2'
  }
  return 'none'
}

function startsWith(content: Uint8Array, bytes: readonly number[]): boolean {
  return bytes.every((byte, at) => content[at] === byte)
}
