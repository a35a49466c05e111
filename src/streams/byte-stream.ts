/** Bytes on their way. A chunk is never changed once it is yielded; chunks are 64 KiB or more where the producer chooses. */
export type ByteStream = AsyncIterable<Uint8Array>

/** Bytes that can be read again, from any offset: what retry and resume need. */
export interface Bytes {
  /** In bytes, where it is known. */
  readonly size?: number
  open(from?: number, signal?: AbortSignal): ByteStream
  /** Absent: reading from the start again costs little, or nothing can spare it. */
  readonly resumption?: Resumption
}

/** How the reading of content is taken up that another process began. What is checked of it is checked all the same. */
export interface Resumption {
  /** Takes bytes that are here already, the content's first ones, as if they had been read. Read from their end on, no other is read. */
  recall(beginning: ByteStream): Promise<void>
  /**
   * Keeps from now on what another process needs to read on, where reading from the start is dear: at each multiple of `every` bytes.
   *
   * @param saved what another process has kept
   * @returns the offset from which reading can go on by it: 0 where it is of no use
   */
  keepStates?(every: number, saved?: string): Promise<number>
  /** What was kept at an offset, one of the last that were read. `undefined`: nothing was, also where the whole is read too fast to be worth it. */
  stateAt?(offset: number): string | undefined
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
