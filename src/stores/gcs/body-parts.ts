import { createHash } from 'node:crypto'
import type { ByteStream } from '../../streams/index.ts'
import type { Loan, PartMemory } from './part-memory.ts'

/** A piece of a body, in memory. */
export interface BodyPart {
  /** From 1. */
  readonly number: number
  readonly last: boolean
  readonly bytes: Uint8Array
  readonly md5: Buffer
  /** MUST be called when the part is sent, or given up. */
  readonly release: Loan['release']
}

/** What is sent in one request, and the size of parts where Google's limits ask for no other: 5 MiB at least, 10 000 at most. */
export const defaultPartBytes = 16 * 1024 * 1024
const maxParts = 10_000

/** All parts but the last have this size. Without a known size there is room for 156 GiB. */
export function partSizeFor(size: number | undefined, least = defaultPartBytes): number {
  const needed = Math.ceil((size ?? 0) / maxParts)
  const unit = 1024 * 1024
  return Math.max(least, Math.ceil(needed / unit) * unit)
}

export interface Cutting {
  readonly size: number | undefined
  readonly partSize: number
  readonly memory: PartMemory
  readonly signal: AbortSignal | undefined
}

/**
 * Cuts a stream into parts, each of which waits for memory first. At least one comes, which may be empty. The last comes when the
 * stream has ended: there it says whether all was right. MD5 is taken while bytes arrive: of a whole part at once it would hold up
 * everything else.
 *
 * Chunks are copied: whoever made one may use its memory again.
 */
export async function* bodyParts(body: ByteStream, cutting: Cutting): AsyncGenerator<BodyPart, void, undefined> {
  const { size, partSize, memory, signal } = cutting
  const chunks = body[Symbol.asyncIterator]()
  const nextChunk = async () => {
    const { done, value } = await chunks.next()
    return done ? undefined : value
  }
  try {
    let rest: Uint8Array | undefined
    for (let number = 1, offset = 0, last = false; !last; number++) {
      const capacity = size === undefined ? partSize : Math.min(partSize, size - offset)
      const { buffer, release } = await memory.lend(capacity, signal)
      let given = false
      try {
        const hash = createHash('md5')
        let filled = 0
        while (filled < capacity) {
          rest ??= await nextChunk()
          if (rest === undefined) break
          const piece = rest.subarray(0, capacity - filled)
          buffer.set(piece, filled)
          hash.update(piece)
          filled += piece.byteLength
          rest = piece.byteLength < rest.byteLength ? rest.subarray(piece.byteLength) : undefined
        }
        // Without a size only the stream knows its end, and of the size's end it says there whether all was right.
        if (filled === capacity && (size === undefined || offset + filled === size)) rest ??= await nextChunk()
        last = filled < capacity || (rest === undefined && (size === undefined || offset + filled === size))
        given = true
        yield { number, last, bytes: buffer.subarray(0, filled), md5: hash.digest(), release }
        offset += filled
      } finally {
        if (!given) release()
      }
    }
  } finally {
    await chunks.return?.()
  }
}
