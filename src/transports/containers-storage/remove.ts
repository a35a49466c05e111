import type { RemovedImage } from '../remove-options.ts'
import type { TransportContext } from '../transport.ts'
import { openTool } from './open-tool.ts'
import type { ContainersStorageReference } from './reference.ts'

/**
 * Removes the image through the tool: skopeo with all its names, podman the name, and with the last one the image.
 *
 * @throws LadingError `program-not-found`, `image-not-found`, `program-failed`
 */
export async function removeStorageImage(
  reference: ContainersStorageReference,
  { environment, signal }: Pick<TransportContext, 'environment' | 'signal'>,
): Promise<RemovedImage> {
  const { work, tool } = await openTool(reference, environment)
  await using _ = work
  await tool.remove(signal)
  return {}
}
