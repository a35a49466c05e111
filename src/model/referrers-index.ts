import { LadingError } from '../errors/index.ts'
import type { Node } from './descriptor.ts'
import { parseManifest } from './manifest.ts'
import { ociIndex } from './media-types.ts'
import { readJson } from './read-json.ts'

/**
 * What a list of referrers names. A manifest is no list, and names none: some tools give every manifest a tag that is made of its own
 * digest, which is the tag of its list.
 *
 * @param declaredType what the answer said that it is
 * @throws LadingError `bad-manifest`
 */
export function referrersIn(bytes: Uint8Array, declaredType?: string): readonly Node[] {
  const list = parseManifest(bytes, declaredType)
  return list.kind === 'index' ? list.manifests : []
}

/**
 * The list with one referrer more; `undefined` where it names that already. What others wrote of theirs stays as it is.
 *
 * @param before the list as it is, if there is one
 * @throws LadingError `bad-manifest`; `tag-exists` where it is no list
 */
export function addReferrer(before: Uint8Array | undefined, referrer: Node): Uint8Array | undefined {
  const list = before === undefined ? undefined : parseManifest(before)
  if (list?.kind === 'manifest') {
    throw new LadingError('tag-exists', 'the tag under which referrers are listed is an image', {
      hint: 'remove that tag, or copy without what is attached to the image: --no-referrers',
    })
  }
  if (list?.manifests.some(({ digest }) => digest === referrer.digest)) return undefined
  // parsed above as an index: an object with an array of descriptors, or without one
  const document = (before === undefined ? {} : readJson(before)) as Readonly<Record<string, unknown>>
  const others = Array.isArray(document.manifests) ? document.manifests : []
  const { kind: _, ...descriptor } = referrer
  const next = { schemaVersion: 2, mediaType: ociIndex, ...document, manifests: [...others, descriptor] }
  return new TextEncoder().encode(JSON.stringify(next))
}
