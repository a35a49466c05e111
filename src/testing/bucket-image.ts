import { blobKey, writeTag } from '../layout/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import type { BuiltImage } from './build-image.ts'

/** Puts an image into a store as a tag, whole. */
export async function putImage(
  store: ObjectStore,
  { root, blobs }: BuiltImage,
  image: string,
  tag: string,
): Promise<void> {
  for (const [digest, bytes] of blobs) await store.put(blobKey(digest), bytes)
  const bytes = blobs.get(root.digest) ?? new Uint8Array()
  await writeTag(store, { image, tag, digest: root.digest, bytes, imageBytes: 0, immutable: false })
}
