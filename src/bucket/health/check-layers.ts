import { readVariants } from '../../layout/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { mapInOrder } from '../../streams/index.ts'
import type { Finding } from './doctor-report.ts'

const atOnce = 16

/** What is remembered of compressed layers: it proves nothing, and what is wrong in it costs a compression. */
export async function checkLayers(
  store: ObjectStore,
  isThere: (blob: { readonly digest: Digest; readonly size: number }) => boolean,
  signal?: AbortSignal,
): Promise<Finding> {
  let [documents, variants, absent] = [0, 0, 0]
  for await (const known of mapInOrder(listLayers(store, signal), atOnce, id => readVariants(store, id, signal))) {
    documents += 1
    variants += known.length
    absent += known.filter(blob => !isThere(blob)).length
  }
  const counts = { documents, variants, absent }
  if (absent === 0) return { state: 'ok', message: `${variants} compressed layers are remembered, and there`, counts }
  return {
    state: 'note',
    message: `${absent} of ${variants} compressed layers that are remembered are not there; they will be compressed again`,
    counts,
  }
}

async function* listLayers(store: ObjectStore, signal?: AbortSignal): AsyncGenerator<Digest, void, undefined> {
  const folder = 'lading/layers/'
  for await (const entry of store.list(folder, { signal })) {
    const digest = entry.kind === 'object' ? entry.info.key.slice(folder.length).replace('/', ':') : ''
    if (isDigest(digest)) yield digest
  }
}
