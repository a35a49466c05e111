import type { ImageDestination, ImageSource, RemovedImage } from '../transports/index.ts'

/** One place of a transport, new and empty, that can be opened as often as one likes. */
export interface TransportPlace {
  source(): Promise<ImageSource>
  destination(): Promise<ImageDestination>
  /** Where the transport removes images. */
  remove?(): Promise<RemovedImage>
  /** A name that stands for another image is written only with `force`. */
  readonly replacesWithForce?: boolean
}
