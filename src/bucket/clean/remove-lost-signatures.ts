import { blobKey, parseSignatureKey, readDocument, signaturesPrefix } from '../../layout/index.ts'
import type { Digest } from '../../model/digest.ts'
import { limits } from '../../model/limits.ts'
import type { ObjectStore } from '../../stores/index.ts'

export interface LostSignatures {
  /** Whether something needs the manifest. */
  readonly isNeeded: (manifest: Digest) => boolean
  /** What was written later may be of a manifest that is on its way. */
  readonly before: Date
  readonly signal?: AbortSignal | undefined
}

/** Removes signatures of manifests that are gone: a signature lives as long as what it is of. */
export async function removeLostSignatures(
  store: ObjectStore,
  { isNeeded, before, signal }: LostSignatures,
): Promise<void> {
  for await (const entry of store.list(signaturesPrefix, { signal })) {
    if (entry.kind !== 'object' || entry.info.modified > before) continue
    const { key } = entry.info
    const manifest = parseSignatureKey(key)
    if (manifest === undefined || isNeeded(manifest)) continue
    const isThere = async () => (await store.head(blobKey(manifest), { signal })) !== undefined
    if (await isThere()) continue
    const document = await readDocument(store, key, limits.signatureBytes, signal)
    await store.delete(key, { signal })
    // Who pushes brings the manifest, then its signatures. One that came since the look finds this one back, or writes it now.
    if (document !== undefined && (await isThere())) await store.put(key, document.bytes, { signal })
  }
}
