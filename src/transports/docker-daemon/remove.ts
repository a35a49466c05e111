import type { RemovedImage } from '../remove-options.ts'
import type { TransportContext } from '../transport.ts'
import { openEngine } from './engine.ts'
import type { DockerDaemonReference } from './reference.ts'

/**
 * Removes the name, and with an image's last name the image, as `docker rmi` does. Nothing is forced.
 *
 * @throws LadingError `image-not-found`; `server-error` where a container uses it
 */
export async function removeDaemonImage(
  { id, name }: DockerDaemonReference,
  context: TransportContext,
): Promise<RemovedImage> {
  const engine = await openEngine(context)
  const response = await engine.request({
    method: 'DELETE',
    path: `/images/${id ?? name}`,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  })
  await response.discard()
  return {}
}
