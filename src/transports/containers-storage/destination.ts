import { join } from 'node:path'
import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { openDirDestination } from '../dir/destination.ts'
import type { DestinationTraits, ImageDestination, TransportContext } from '../transport.ts'
import { openTool } from './open-tool.ts'
import { type ContainersStorageReference, formatContainersStorageReference } from './reference.ts'

/** The storage makes the layers' files of any of these, and keeps the manifest that names them. */
const traits: DestinationTraits = {
  rootImpliesChildren: true,
  keepsUnnamed: false,
  holdsIndex: false,
  holdsSparseIndex: false,
  holdsArtifacts: false,
  leavesOutForeign: false,
  holdsSchema1: false,
  layers: ['none', 'gzip', 'zstd'],
  additionalTags: false,
}

/**
 * The image is complete in a temporary directory before its tool takes it over from there, with its digests. Given through a pipe,
 * the tools would write it to a temporary file themselves, uncompressed, and give it another digest.
 *
 * @throws LadingError `program-not-found`
 */
export async function openContainersStorageDestination(
  reference: ContainersStorageReference,
  context: Pick<TransportContext, 'environment' | 'warn'>,
): Promise<ImageDestination> {
  const { work, tool } = await openTool(reference, context.environment)
  const directory = join(work.path, 'image')
  const staged = await openDirDestination({ transport: 'dir', path: directory }, context)
  return {
    name: formatContainersStorageReference(reference),
    traits,
    current: tool.manifestDigest,
    has: staged.has,
    manifest: staged.manifest,
    push: staged.push,
    ...(staged.pushDraft === undefined ? {} : { pushDraft: staged.pushDraft }),
    async checkCommit(root, { expect }) {
      refuseIndex(root)
      if (expect === undefined) return
      throw new LadingError('unsupported', "containers' storage writes a name whatever it has", {
        hint: 'leave out the condition, or write to a registry, a bucket, oci: or dir:',
      })
    },
    async commit(root, bytes, options, signal) {
      refuseIndex(root)
      const previous = await tool.manifestDigest(signal)
      if (previous === root.digest) return { changed: false, previous }
      await staged.commit(root, bytes, options, signal)
      await tool.load(directory, signal)
      return { changed: true, ...(previous === undefined ? {} : { previous }) }
    },
    async [Symbol.asyncDispose]() {
      await staged[Symbol.asyncDispose]()
      await work[Symbol.asyncDispose]()
    },
  }
}

function refuseIndex(root: Node): void {
  if (root.kind !== 'index') return
  throw new LadingError('unsupported', "containers' storage holds images of one platform each", {
    hint: 'choose one with --platform',
  })
}
