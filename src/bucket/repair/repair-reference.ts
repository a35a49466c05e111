import { LadingError } from '../../errors/index.ts'
import { readTag } from '../../layout/index.ts'
import { findManifest } from '../../transports/bucket/find-manifest.ts'
import { type BucketReference, formatBucketReference } from '../../transports/bucket/reference.ts'
import { bucketManifests } from '../bucket-manifests.ts'
import { damageByReading, heldBlobs } from './held-blobs.ts'
import { repairLog } from './repair-log.ts'
import type { RepairResult } from './repair-result.ts'
import { repairRoot } from './repair-tag.ts'
import type { Repairing } from './repairing.ts'

/** Repairs one image. @throws LadingError `image-not-found` */
export async function repairReference(
  reference: BucketReference,
  image: string,
  repairing: Repairing,
): Promise<Omit<RepairResult, 'bucket' | 'seconds'>> {
  const { store, verify, listen, signal } = repairing
  const { tag, digest } = reference
  const root = digest === undefined ? await readTag(store, image, tag ?? '', signal) : await readRoot()
  if (root === undefined) {
    throw new LadingError(
      'image-not-found',
      `the bucket has no image ${image} of that ${digest === undefined ? 'tag' : 'digest'}`,
      {
        operation: 'repair',
        subject: formatBucketReference(reference),
        hint: 'see what it has with `lading list`; an image that is not there is copied with `lading copy`',
      },
    )
  }
  const log = repairLog()
  const damage = verify ? { damage: damageByReading(store, listen, signal) } : {}
  const blobs = heldBlobs(store, { ...repairing, ...damage })
  const named = { image, ...(tag === undefined ? {} : { tag }), digest: root.digest, bytes: root.bytes }
  await repairRoot(named, { ...repairing, manifests: bucketManifests(store), blobs, log })
  const { tags, ...result } = log.result(1)
  // What was whole was not repaired.
  return { ...result, tags: { ...tags, repaired: result.pieces > 0 ? tags.repaired : 0 } }

  async function readRoot() {
    if (digest === undefined) return undefined
    const bytes = await findManifest(store, image, digest, signal)
    return bytes === undefined ? undefined : { digest, bytes }
  }
}
