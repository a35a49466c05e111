import type { Digest } from '../model/digest.ts'
import { goJson } from '../model/go-json.ts'
import type { Schema1 } from '../model/schema1.ts'

/** The places of a manifest of schema 1 that may be others where it is copied to. */
export interface Schema1Changes {
  /** The repository without its registry. */
  readonly name: string
  readonly tag: string
  /** Layers that were compressed anew, by the digests that they had. */
  readonly layers?: ReadonlyMap<Digest, Digest>
}

/**
 * The same image of schema 1 under another name, which stands in the manifest itself; not signed.
 *
 * The IDs of the steps stay, though they were made of the layers once: nobody reads more from them than which step follows which.
 */
export function renameSchema1(schema1: Schema1, { name, tag, layers }: Schema1Changes): Uint8Array {
  const newestFirst = schema1.history.toReversed()
  const manifest = {
    name,
    tag,
    architecture: schema1.architecture,
    fsLayers: newestFirst.map(({ blobSum }) => ({ blobSum: layers?.get(blobSum) ?? blobSum })),
    history: newestFirst.map(({ v1Compatibility }) => ({ v1Compatibility })),
    schemaVersion: 1,
  }
  return new TextEncoder().encode(goJson(manifest))
}
