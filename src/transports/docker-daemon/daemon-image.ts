import * as v from 'valibot'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import type { Platform } from '../../model/platform.ts'
import type { Engine } from './engine.ts'
import { type DockerDaemonReference, formatDockerDaemonReference } from './reference.ts'

/** What a daemon says of an image. */
export interface DaemonImage {
  /** Of Docker's own store and of podman the config's digest, of containerd's the root's. */
  readonly id: Digest
  /** The root's digest, where the store keeps roots and has all of this one. */
  readonly root?: Digest
  /** What the store has whole of an image for several platforms, as far as it tells. */
  readonly parts: readonly DaemonImagePart[]
  /** `repository@digest` of where it was pulled from or pushed to. */
  readonly repoDigests: readonly string[]
  /** Digests of the uncompressed layers, in order. */
  readonly diffIds: readonly Digest[]
}

export interface DaemonImagePart {
  /** Its manifest's. */
  readonly digest: Digest
  readonly platform: Platform
}

const digest = v.custom<Digest>(value => typeof value === 'string' && isDigest(value), 'is not a digest')
const platform = v.looseObject({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) })
const manifestSchema = v.looseObject({
  ID: digest,
  Available: v.nullish(v.boolean()),
  ImageData: v.nullish(v.looseObject({ Platform: v.nullish(platform) })),
})
const imageSchema = v.looseObject({
  Id: digest,
  RepoDigests: v.nullish(v.array(v.string()), []),
  RootFS: v.nullish(v.looseObject({ Layers: v.nullish(v.array(digest), []) })),
  Descriptor: v.nullish(v.looseObject({ digest })),
  Manifests: v.nullish(v.array(manifestSchema), []),
})
const listSchema = v.array(v.looseObject({ RepoTags: v.nullish(v.array(v.string()), []) }))

/** `undefined` where the daemon has no such image. */
export async function inspectDaemonImage(
  engine: Engine,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<DaemonImage | undefined> {
  try {
    const query = tellsWhatIsThere(engine) ? '?manifests=1' : ''
    const image = await engine.json(`/images/${nameOrId}/json${query}`, imageSchema, signal)
    const root = image.Descriptor?.digest ?? image.Id
    const manifests = image.Manifests ?? []
    const isWhole = manifests.every(({ Available: available }) => available !== false)
    return {
      id: image.Id,
      ...(engine.store === 'containerd' && isWhole ? { root } : {}),
      parts: manifests.flatMap(({ ID: id, Available: available, ImageData: data }) =>
        available && data?.Platform ? [{ digest: id, platform: platformOf(data.Platform) }] : [],
      ),
      repoDigests: image.RepoDigests ?? [],
      diffIds: image.RootFS?.Layers ?? [],
    }
  } catch (error) {
    if (isLadingError(error, 'image-not-found')) return undefined
    throw error
  }
}

function platformOf({ os, architecture, variant }: v.InferOutput<typeof platform>): Platform {
  return { os, architecture, ...(variant ? { variant } : {}) }
}

/** Whether the daemon tells of an image's root if all below it is there: containerd's store has images of which parts are missing. */
export function tellsWhatIsThere({ store, api }: Engine): boolean {
  return store === 'containerd' && api >= 48
}

const shown = 10

/** That an image is not there, and what is. */
export async function absentImage(
  engine: Engine,
  reference: DockerDaemonReference,
  signal?: AbortSignal,
): Promise<LadingError> {
  const wanted = reference.id ?? familiar(reference.name ?? '')
  const images = await engine.json('/images/json', listSchema, signal).catch(() => [])
  const names = images.flatMap(({ RepoTags: tags }) => tags ?? []).filter(name => name !== '<none>:<none>')
  const has =
    names.length === 0
      ? 'it has no image with a name'
      : `it has ${names.slice(0, shown).map(familiar).join(', ')}${names.length > shown ? ', …' : ''}`
  const get = reference.id === undefined ? `build it or \`docker pull ${wanted}\`; ` : ''
  return new LadingError('image-not-found', `Docker has no image ${wanted}`, {
    subject: formatDockerDaemonReference(reference),
    hint: `${get}${has}`,
  })
}

/** As Docker's own command shows a name. */
export function familiar(name: string): string {
  return name.replace(/^docker\.io\/(?:library\/)?/, '')
}
