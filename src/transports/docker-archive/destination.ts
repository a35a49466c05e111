import { LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import { findOutput } from '../archive/find-output.ts'
import { imageName } from '../docker-image/image-name.ts'
import { madeManifest, plainImage, requirePlain, severalPlatforms } from '../docker-image/plain-image.ts'
import type { CommitOptions, DestinationTraits, ImageDestination } from '../transport.ts'
import { lazyArchiveOutput } from './archive-output.ts'
import { type ExistingArchive, readExistingArchive } from './existing-archive.ts'
import { type DockerArchiveReference, formatDockerArchiveReference } from './reference.ts'

const traits: DestinationTraits = {
  rootImpliesChildren: false,
  keepsUnnamed: false,
  holdsIndex: false,
  holdsSparseIndex: false,
  holdsArtifacts: false,
  leavesOutForeign: false,
  holdsSchema1: false,
  layers: ['none'],
  additionalTags: true,
}

const archive = { cannot: 'a Docker archive cannot hold', layers: traits.layers }

type Conditions = Pick<CommitOptions, 'force' | 'expect'>

/**
 * Writes an archive of one image, whole or not at all; as a stream where the path is standard output, a pipe or a device.
 *
 * @throws LadingError `bad-argument` for `@index`, and where nothing can be written
 */
export async function openDockerArchiveDestination(reference: DockerArchiveReference): Promise<ImageDestination> {
  const name = formatDockerArchiveReference(reference)
  if (reference.index !== undefined) {
    throw new LadingError('bad-argument', 'a position in manifest.json can be read, not written', {
      subject: name,
      hint: `give the image a name: docker-archive:${reference.path}:NAME:TAG`,
    })
  }
  const place = await findOutput(reference.path)
  const output = lazyArchiveOutput(place)

  const tagsWith = (additional: readonly string[] = []) => [
    ...new Set([...(reference.name === undefined ? [] : [reference.name]), ...additional.map(imageName)]),
  ]
  const existing = async (tags: readonly string[], signal?: AbortSignal) =>
    place.kind === 'file' ? await readExistingArchive(place.path, tags, signal) : undefined
  const refuse = (there: ExistingArchive | undefined, { force, expect }: Conditions): void => {
    if (expect !== undefined && (expect !== 'absent' || place.kind === 'stream')) {
      throw new LadingError('unsupported', 'an archive cannot be written under the condition of what it is now', {
        hint: 'only that there is no file can be asked for',
      })
    }
    if (there === undefined || (force && expect === undefined)) return
    throw new LadingError('tag-exists', `${reference.path} exists, and an archive is not added to`, {
      hint: 'choose another path, or --force to replace the whole file',
    })
  }

  return {
    name,
    traits,
    current: async signal => (await existing(tagsWith(), signal))?.digest,
    currentConfig: async ({ additionalTags }, signal) => (await existing(tagsWith(additionalTags), signal))?.config,
    // What stands at the path is replaced whole, so nothing of it is of use.
    has: async node => output.begun?.image.has(node) ?? false,
    manifest: async () => undefined,
    async push(node, bytes, signal) {
      requirePlain(node, archive)
      const { image } = await output.begin()
      if (node.kind === 'config') await image.addConfig(node, bytes, signal)
      else await image.addLayer(node, bytes, signal)
    },
    ...(place.kind === 'stream'
      ? {}
      : { pushDraft: async (draft, signal) => (await output.begin()).image.addLayerDraft(draft, signal) }),
    async checkCommit(root, conditions, signal) {
      if (root.kind === 'index') throw severalPlatforms(archive)
      const tags = tagsWith(conditions.additionalTags)
      const there = await existing(tags, signal)
      if (there?.digest !== root.digest || there.config === undefined) refuse(there, conditions)
    },
    async commit(root, bytes, options, signal) {
      const held = plainImage(root, bytes, archive)
      const { config, layers } = held
      const tags = tagsWith(options.additionalTags)
      const there = await existing(tags, signal)
      const previous = there?.digest === undefined ? {} : { previous: there.digest }
      if (there?.config === config.digest) {
        await output.drop()
        return { changed: false, ...previous, ...(there.digest === undefined ? {} : { digest: there.digest }) }
      }
      refuse(there, options)
      const { image, publish } = await output.begin()
      await image.finish({ config, layers, tags })
      await publish({ exclusive: options.expect === 'absent' })
      await output.drop()
      return { changed: true, ...previous, digest: digestOf(madeManifest(held)) }
    },
    [Symbol.asyncDispose]: () => output.drop(),
  }
}
