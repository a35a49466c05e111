import type { ImageDestination, ImageSource } from '../transports/index.ts'

/** One place of a transport, new and empty, that can be opened as often as one likes. */
export interface TransportPlace {
  source(): Promise<ImageSource>
  destination(): Promise<ImageDestination>
  /** A name that stands for another image is written only with `force`. */
  readonly replacesWithForce?: boolean
}
