/** Bytes on their way. A chunk is never changed once it is yielded; chunks are 64 KiB or more where the producer chooses. */
export type ByteStream = AsyncIterable<Uint8Array>

/** Bytes that can be read again, from any offset: what retry and resume need. */
export interface Bytes {
  /** In bytes, where it is known. */
  readonly size?: number
  open(from?: number, signal?: AbortSignal): ByteStream
}

/** `start` is the first byte, `end` the last byte plus one; without `end`, to the end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** Bytes that are in memory already. */
export function bytesOf(content: Uint8Array): Bytes {
  return {
    size: content.byteLength,
    async *open(from = 0) {
      if (from < content.byteLength) yield content.subarray(from)
    },
  }
}
