import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { type ArrivingArchive, openArchive, type SeekableArchive } from '../archive/open-archive.ts'
import { attachmentsAmong, imagesAmong, type ReadManifest } from '../oci-layout/attached-entries.ts'
import { type Entry, entryNames, findEntry } from '../oci-layout/layout-entries.ts'
import { fetchBlob, readStoredManifest } from '../oci-layout/layout-files.ts'
import { readLayoutIndex } from '../oci-layout/layout-index.ts'
import { type Attachment, type ImageSource, readAsStored } from '../transport.ts'
import { type ArchivedLayout, receiveLayout, seekableLayout } from './archived-layout.ts'
import { formatOciArchiveReference, type OciArchiveReference, ociArchivePrefix } from './reference.ts'

/** @throws LadingError `image-not-found` where there is no such file */
export async function openOciArchiveSource(reference: OciArchiveReference): Promise<ImageSource> {
  const archive = await openArchive(reference.path)
  return archive.kind === 'seekable' ? seekableSource(archive, reference) : arrivingSource(archive, reference)
}

function seekableSource(archive: SeekableArchive, reference: OciArchiveReference): ImageSource {
  const layout = seekableLayout(archive)
  return {
    name: formatOciArchiveReference(reference),
    traits: readAsStored,
    resolve: signal => resolveIn(layout, reference, signal),
    tags: signal => namesIn(layout, reference, signal),
    attachments: (subject, signal) => attachmentsIn(layout, reference, subject, signal),
    fetch: (node, range, signal) => fetchBlob(layout, node, range, signal),
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

function arrivingSource(archive: ArrivingArchive, reference: OciArchiveReference): ImageSource {
  let layout: ArchivedLayout | undefined
  const received = (): ArchivedLayout => {
    if (layout === undefined)
      throw new LadingError('internal', 'an archive that comes once was asked before it was read')
    return layout
  }
  return {
    name: formatOciArchiveReference(reference),
    traits: { order: 'once', unpacked: false },
    async receive(take, signal) {
      layout = await receiveLayout(archive, take, signal)
    },
    resolve: async signal => await resolveIn(received(), reference, signal),
    tags: signal => namesIn(received(), reference, signal),
    attachments: (subject, signal) => attachmentsIn(received(), reference, subject, signal),
    fetch: (node, range, signal) => fetchBlob(received(), node, range, signal),
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  }
}

async function resolveIn(layout: ArchivedLayout, reference: OciArchiveReference, signal?: AbortSignal): Promise<Node> {
  const all = await entriesIn(layout, reference, signal)
  const isNamed = reference.name !== undefined || reference.index !== undefined
  return findEntry(isNamed ? all : await imagesAmong(all, reading(layout), signal), reference, ociArchivePrefix)
}

async function* attachmentsIn(
  layout: ArchivedLayout,
  reference: OciArchiveReference,
  subject: Digest,
  signal?: AbortSignal,
): AsyncGenerator<Attachment> {
  yield* attachmentsAmong(await entriesIn(layout, reference, signal), subject, reading(layout), signal)
}

function reading(layout: ArchivedLayout): ReadManifest {
  return (node, signal) => readStoredManifest(layout, node, signal)
}

async function* namesIn(
  layout: ArchivedLayout,
  reference: OciArchiveReference,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  yield* entryNames(await entriesIn(layout, reference, signal))
}

async function entriesIn(
  layout: ArchivedLayout,
  reference: OciArchiveReference,
  signal?: AbortSignal,
): Promise<readonly Entry[]> {
  const index = await readLayoutIndex(layout, signal)
  if (index !== undefined) return index.document.manifests
  throw new LadingError('bad-archive', 'the archive has no index.json, so it is not one of an OCI layout', {
    hint:
      (await layout.sizeOf('manifest.json', signal)) !== undefined
        ? `it looks like one of docker save: read it with docker-archive:${reference.path}`
        : undefined,
  })
}
