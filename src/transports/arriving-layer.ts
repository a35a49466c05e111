import type { Digest } from '../model/digest.ts'
import type { ByteStream } from '../streams/index.ts'

/** Takes a layer. It returns the digest of the bytes that it read, or, where it read none, the one that it was told. */
export type TakeLayer = (layer: ArrivingLayer) => Promise<Digest>

/** A layer on its way out of a source that is read once. */
export interface ArrivingLayer {
  /** Of the bytes as they come. Absent: it follows from the bytes. */
  readonly digest?: Digest
  readonly size: number
  /** MUST be read to its end, or not at all. */
  readonly body: ByteStream
}
