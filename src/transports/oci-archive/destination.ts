import { findOutput } from '../archive/find-output.ts'
import { refuseIndex } from '../oci-layout/layout-locator.ts'
import type { ImageDestination } from '../transport.ts'
import { fileDestination } from './file-destination.ts'
import { type OciArchiveReference, ociArchivePrefix } from './reference.ts'
import { streamDestination } from './stream-destination.ts'

/** @throws LadingError `bad-argument` for `@index`, and where nothing can be written there */
export async function openOciArchiveDestination(reference: OciArchiveReference): Promise<ImageDestination> {
  refuseIndex(reference, ociArchivePrefix)
  const place = await findOutput(reference.path)
  return place.kind === 'file' ? fileDestination(reference, place.path) : streamDestination(reference)
}
