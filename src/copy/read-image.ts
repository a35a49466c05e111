import { LadingError } from '../errors/index.ts'
import type { Node } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { isSchema1Type } from '../model/media-types.ts'
import type { ImageSource } from '../transports/index.ts'
import { knownImage } from './known-image.ts'
import { asksForChange, type Preparation } from './preparation.ts'
import { readSchema1 } from './read-schema1.ts'
import { receiveImage } from './receive-image.ts'
import { requirePreserved } from './require-preserved.ts'
import { layersBecame } from './rewritten-because.ts'
import type { StoredLayer } from './store-layer.ts'

/** What the source's name stands for, and what of it is stored already because it could be read once. */
export interface ReadImage {
  readonly found: Node
  /** What the destination's name stands for, which is asked at the same time. */
  readonly current: Digest | undefined
  /** What everything that follows takes for the image: what was found, or what was made of it. */
  readonly base: Node
  /** By the digest that the source names a layer with. */
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** The destination has all of it: nothing was read. */
  readonly isKnown: boolean
  /** Why `base` is not what was found. */
  readonly made: readonly string[]
  /** What layers have become that came once. */
  readonly became: readonly string[]
}

/** @throws LadingError `unsupported` where a dry run would have to read all of it, or its digest cannot be preserved */
export async function readImage(preparation: Preparation): Promise<ReadImage> {
  const { source, destination, reader, options, target, settings, guard, listen, signal } = preparation
  const arrived = await receive(preparation)
  const [found, current] = await Promise.all([arrived.known ?? source.resolve(signal), destination.current(signal)])
  if (found.kind === 'manifest') await guard?.check(found, reader, signal)
  const isKnown = arrived.known !== undefined
  if (!isSchema1Type(found.mediaType)) {
    const became = layersBecame([], arrived.stored, destination)
    return { found, current, base: found, stored: arrived.stored, isKnown, made: [], became }
  }
  if (options.preserveDigests) requirePreserved({ kept: [] }, ['it is converted from v2s1'])
  if (options.dryRun) throw unknownBefore(source)
  const { root, stored } = await readSchema1(found, source, destination, reader, {
    ...settings,
    target,
    listen,
    signal,
  })
  const made = ['converted from v2s1', ...layersBecame([], stored, destination)]
  return { found, current, base: root, stored, isKnown, made, became: [] }
}

interface Arrived {
  readonly stored: ReadonlyMap<Digest, StoredLayer>
  /** The image, where nothing of it had to be read. */
  readonly known?: Node | undefined
}

/** Takes every layer of a source that can be read once. */
async function receive(preparation: Preparation): Promise<Arrived> {
  const { source, destination, reader, options, target, settings, listen, signal } = preparation
  if (source.traits.order === 'any') return { stored: new Map() }
  const known = asksForChange(options)
    ? undefined
    : await knownImage(source, destination, reader, options, target, signal)
  if (known !== undefined) return { stored: new Map(), known }
  if (options.dryRun) throw unknownBefore(source)
  return { stored: await receiveImage(source, destination, { ...settings, target, listen, signal }) }
}

function unknownBefore({ name }: ImageSource): LadingError {
  return new LadingError('unsupported', 'what would be copied is known only once it has been read', {
    side: 'source',
    subject: name,
    hint: 'leave --dry-run out',
  })
}
