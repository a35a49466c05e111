import { LadingError } from '../../errors/index.ts'
import { isStandardInput } from '../../transports/archive/archive-path.ts'
import type { ContainersStorageReference } from '../../transports/containers-storage/reference.ts'
import type { DirReference } from '../../transports/dir/reference.ts'
import type { DockerArchiveReference } from '../../transports/docker-archive/reference.ts'
import type { DockerDaemonReference } from '../../transports/docker-daemon/reference.ts'
import type { BucketReference, Reference } from '../../transports/index.ts'
import type { OciArchiveReference } from '../../transports/oci-archive/reference.ts'
import type { OciLayoutReference } from '../../transports/oci-layout/reference.ts'
import type { RegistryReference } from '../../transports/registry/reference.ts'
import type { SifReference } from '../../transports/sif/reference.ts'
import type { TarballReference } from '../../transports/tarball/reference.ts'
import { bucketIdentities } from './bucket-identity.ts'
import { parseDockerName } from './docker-name.ts'
import type { ImageIdentity } from './image-identity.ts'
import { pathScopes } from './path-scopes.ts'
import type { Policy } from './policy.ts'
import { dockerIdentity, registryIdentities } from './registry-identity.ts'
import { storageIdentities } from './storage-identity.ts'

type KnownReference =
  | BucketReference
  | ContainersStorageReference
  | DirReference
  | DockerArchiveReference
  | DockerDaemonReference
  | OciArchiveReference
  | OciLayoutReference
  | RegistryReference
  | SifReference
  | TarballReference

/**
 * What a policy calls the image of a reference: first as it was named, then in other ways that may not lead round a narrower scope.
 *
 * @param reference with a bucket's root, and no short name
 * @throws LadingError where a path cannot be followed
 */
export async function identitiesOf(reference: Reference, { transports }: Policy): Promise<readonly ImageIdentity[]> {
  // every transport parses to its own kind of reference, under its own name
  const known = reference as KnownReference
  switch (known.transport) {
    case 'registry':
      return registryIdentities(known)
    case 'bucket':
      return await bucketIdentities(known)
    case 'dir':
      return await ofPath('dir', known.path)
    case 'oci-layout':
      // the name in the layout is no part of it: `oci:path` alone may be the same image
      return await ofPath('oci', known.path)
    case 'oci-archive':
      return isStandardInput(known.path) ? [bare('oci-archive')] : await ofPath('oci-archive', known.path)
    case 'sif':
      return await ofPath('sif', known.path)
    case 'docker-archive':
      return [
        { ...bare('docker-archive'), ...(known.name === undefined ? {} : { dockerName: parseDockerName(known.name) }) },
      ]
    case 'docker-daemon':
      return [
        known.name === undefined ? bare('docker-daemon') : dockerIdentity('docker-daemon', parseDockerName(known.name)),
      ]
    case 'containers-storage':
      return storageIdentities(known, [...(transports.get('containers-storage')?.keys() ?? [])])
    case 'tarball':
      return [bare('tarball')]
    default:
      throw new LadingError('internal', `no policy knows the transport ${reference.transport}`)
  }
}

function bare(transport: string): ImageIdentity {
  return { transport, scopes: [] }
}

async function ofPath(transport: string, file: string): Promise<readonly ImageIdentity[]> {
  return [{ transport, scopes: await pathScopes(file) }]
}
