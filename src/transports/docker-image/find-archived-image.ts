import { LadingError } from '../../errors/index.ts'
import type { ArchivedImage } from './archive-manifest.ts'
import { knownImageName } from './image-name.ts'

/** Which image of an archive: by name, by position, or the only one there is. */
export interface WantedImage {
  /** In full: `docker.io/library/alpine:latest`. */
  readonly name?: string | undefined
  readonly index?: number | undefined
}

const shown = 20

/** @throws LadingError `image-not-found`, naming what there is */
export function findArchivedImage(images: readonly ArchivedImage[], { name, index }: WantedImage): ArchivedImage {
  const absent = (message: string, hint?: string) => new LadingError('image-not-found', message, { hint })
  if (images.length === 0) throw absent('the archive holds no image')
  if (index !== undefined) {
    const image = images[index]
    if (image !== undefined) return image
    throw absent(`the archive has ${count(images)}, and none at ${index}`, listed(images))
  }
  if (name !== undefined) {
    const image = images.find(each => hasName(each, name))
    if (image !== undefined) return image
    throw absent(`the archive has no image named ${name}`, listed(images))
  }
  const [only, ...more] = images
  if (only !== undefined && more.length === 0) return only
  throw absent(
    `the archive has ${count(images)}, and none of them was named`,
    `write :NAME or :@INDEX after the path; ${listed(images)}`,
  )
}

/** @param name in full */
export function hasName({ tags }: ArchivedImage, name: string): boolean {
  return tags.some(tag => knownImageName(tag) === name)
}

function count(images: readonly ArchivedImage[]): string {
  return images.length === 1 ? 'one image' : `${images.length} images`
}

function listed(images: readonly ArchivedImage[]): string {
  const names = images.slice(0, shown).map(({ tags }, position) => {
    const [first, ...more] = tags
    return `@${position}${first === undefined ? ' without a name' : ` ${first}${more.length > 0 ? ', …' : ''}`}`
  })
  return `it has ${names.join('; ')}${images.length > shown ? '; …' : ''}`
}
