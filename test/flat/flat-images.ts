import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'

export interface TaggedImage {
  readonly tag: string
  readonly image: BuiltImage
}

export const smallImages = 20

/** Small images that have nothing in common, and one with a layer that the threads move: `large`. */
export function flatImages(): TaggedImage[] {
  const layer = (name: string) => new TextEncoder().encode(`layer ${name} `.repeat(100))
  const small = Array.from({ length: smallImages }, (_, at) => ({
    tag: `small-${at}`,
    image: buildImage({ layers: [layer(`${at}-a`), layer(`${at}-b`)] }),
  }))
  return [...small, { tag: 'large', image: buildImage({ layers: [new Uint8Array(5 * 1024 * 1024).fill(7)] }) }]
}
