import { LadingError } from '../../errors/index.ts'
import { formatRegistryReference, parseRegistryReference } from '../registry/reference.ts'

/**
 * The name and tag of an image as Docker reads it, in full: `alpine` is `docker.io/library/alpine:latest`.
 *
 * @throws LadingError `bad-reference`
 */
export function imageName(text: string): string {
  const refused = (why: string) =>
    new LadingError('bad-reference', `${JSON.stringify(text)} is not the name of an image: ${why}`, {
      hint: 'write [HOST[:PORT]/]REPOSITORY[:TAG], like alpine:3.19',
    })
  if (text.includes('@')) throw refused('it has a digest, and an image is kept under a name and a tag')
  if (text.includes('://')) throw refused('a transport has no place in it')
  return formatRegistryReference(parseRegistryReference(text))
}

/** The same of a name that others wrote, or `undefined` where it is none. */
export function knownImageName(text: string): string | undefined {
  try {
    return imageName(text)
  } catch {
    return undefined
  }
}
