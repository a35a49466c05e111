export { type ByteRange, type ByteStream, type Bytes, bytesOf, type Resumption } from './byte-stream.ts'
export { type CompressOptions, checkLevel, compress } from './compression/compress.ts'
export type { Compression } from './compression/compression.ts'
export { decompress } from './compression/decompress.ts'
export { decompressed } from './compression/decompressed.ts'
export { sniffCompression, sniffedBytes } from './compression/sniff-compression.ts'
export type { ChunkedAnnotations } from './compression/zstd-chunked/chunked-trailer.ts'
export {
  type ChunkedLayer,
  type CompressChunkedOptions,
  compressChunked,
} from './compression/zstd-chunked/compress-chunked.ts'
export { createDraft, type Draft } from './draft.ts'
export { mapInOrder } from './map-in-order.ts'
export { partOfStream } from './part-of-stream.ts'
export { RangeRecord } from './partial-file.ts'
export { pieces } from './pieces.ts'
export { type RandomAccess, randomAccessFile } from './random-access.ts'
export { readAll } from './read-all.ts'
export { readHead, type StreamHead } from './read-head.ts'
export { ResumableDigest } from './resumable-digest.ts'
export { type Spooled, spool } from './spool.ts'
export { verify } from './verify.ts'
