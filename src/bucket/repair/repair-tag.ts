import { blobKey, readTag } from '../../layout/index.ts'
import type { Node } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'
import { type BucketManifests, parseRoot } from '../bucket-manifests.ts'
import type { AskedInVain } from './asked-in-vain.ts'
import type { HeldBlobs } from './held-blobs.ts'
import { mendImage } from './mend-image.ts'
import type { RepairLog } from './repair-log.ts'
import type { Repairing } from './repairing.ts'

export interface ImageRepairing extends Repairing {
  readonly manifests: BucketManifests
  readonly blobs: HeldBlobs
  readonly log: RepairLog
  readonly vain?: AskedInVain
}

/** Repairs the image that a tag stands for now. @returns whether there is such a tag */
export async function repairTag(
  { image, tag }: { readonly image: string; readonly tag: string },
  repairing: ImageRepairing,
): Promise<boolean> {
  const record = await readTag(repairing.store, image, tag, repairing.signal)
  if (record === undefined) return false
  await repairRoot({ image, tag, ...record }, repairing)
  return true
}

/** Repairs everything below a root. Its own bytes are what the tag is: they stay. */
export async function repairRoot(
  {
    image,
    tag,
    digest,
    bytes,
  }: { readonly image: string; readonly tag?: string; readonly digest: Digest; readonly bytes: Uint8Array },
  { sources, log, ...repairing }: ImageRepairing,
): Promise<void> {
  const named = { image, ...(tag === undefined ? {} : { tag }) }
  const piece = ({ digest, kind, size }: Node, platform: string | undefined) => ({
    ...named,
    ...{ digest, kind, size },
    ...(platform === undefined ? {} : { platform }),
  })
  const read = parseRoot(bytes)
  if (read.manifest === undefined) {
    const why = `${read.why}; it is what the tag stands for: go back with \`lading rollback\`, or copy the image again`
    log.missing({ ...named, digest, kind: 'manifest', size: bytes.byteLength, why })
    log.image(1)
    return
  }
  let lacks = 0
  await using places = sources.of(image, tag)
  await mendImage(read.manifest, {
    ...repairing,
    sources: places,
    onBegun: ({ size }) => repairing.listen({ type: 'planned', ...log.begun(size) }),
    onMended: (node, platform, from) => log.mended({ ...piece(node, platform), from }),
    onMissing(node, platform, why) {
      lacks += 1
      log.missing({ ...piece(node, platform), why })
    },
  })
  await mendCopy(read.manifest.kind)
  log.image(lacks)

  /** A damaged copy of the root is written anew from the tag. That there is none is no damage. */
  async function mendCopy(kind: 'index' | 'manifest'): Promise<void> {
    const { store, manifests, blobs, signal } = repairing
    const root = { kind, mediaType: '', digest, size: bytes.byteLength }
    await blobs.keep(digest)
    const copy = await manifests.read(root, signal)
    if (copy.manifest !== undefined) return
    if (copy.flaw === 'absent') return blobs.notThere(digest)
    await store.put(blobKey(digest), bytes, { signal })
    manifests.forget(root)
    log.mended({ ...piece(root, undefined), from: 'the tag itself' })
  }
}
