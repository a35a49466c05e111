import type { Access } from '../../auth/index.ts'
import { LadingError } from '../../errors/index.ts'
import type { RemovedImage } from '../remove-options.ts'
import type { TransportContext } from '../transport.ts'
import { resolveManifest } from './manifests.ts'
import { openPlace } from './open-place.ts'
import type { RegistryReference } from './reference.ts'
import { loadRegistriesConf } from './registries-conf/load-conf.ts'
import { placeToWrite } from './registries-conf/places-to-read.ts'

/**
 * Deletes the manifest that the name stands for, as the containers tools do: by its digest, because not every registry deletes a tag.
 * Every tag of it goes with it. Its blobs stay until the registry collects what nothing names.
 *
 * @throws LadingError `image-not-found`; `unsupported` where the registry deletes nothing; `bad-config`, `blocked`
 */
export async function removeRegistryImage(
  reference: RegistryReference,
  context: TransportContext,
): Promise<RemovedImage> {
  const { registry, repository, tag, digest: named } = reference
  const { signal } = context
  const place = placeToWrite(await loadRegistriesConf(context), reference)
  const client = await openPlace(place, reference, context)
  const access: Access = { repository, actions: '*' }
  const name = named ?? tag ?? 'latest'
  const found = await resolveManifest({ client, access, name }, signal)
  if (found === undefined) {
    throw new LadingError('image-not-found', `${registry}/${repository} has no ${named ?? `tag ${name}`}`, {
      status: 404,
      hint: 'check the name and the tag; a private image may need `lading login`',
    })
  }
  const { digest } = found.node
  const response = await client.ask({
    method: 'DELETE',
    target: `/v2/${repository}/manifests/${digest}`,
    access: [access],
    subject: `manifest ${digest}`,
    absent: 'image-not-found',
    expected: [200, 202, 204, 405],
    signal,
  })
  await response.discard()
  if (response.status !== 405) return { digest }
  throw new LadingError('unsupported', `${registry} deletes no images`, {
    status: 405,
    hint:
      'a registry of the distribution project deletes where its configuration says `storage.delete.enabled: true` ' +
      '(REGISTRY_STORAGE_DELETE_ENABLED=true); a hosted one has a page or a program of its own for it',
  })
}
