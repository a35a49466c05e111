import { configKey } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { Finding } from './doctor-report.ts'
import { type Found, find, nothingFound } from './walk-tag-folders.ts'

/** What the layout knows at the top of a bucket; the last three are those of s3lo 2. */
const known = ['blobs/', 'manifests/', 'lading/', configKey, 'chunks/', 'recipes/', 'indexes/']
/** What is not ours may be a million objects: nobody counts them. */
const maxForeign = 1000

/** Lists the top of the bucket: whether it can be reached at all shows here. */
export async function checkLayout(store: ObjectStore, signal?: AbortSignal): Promise<Finding> {
  const foreign: Found = nothingFound()
  const found = new Set<string>()
  for await (const entry of store.list('', { delimiter: '/', signal })) {
    const name = entry.kind === 'object' ? entry.info.key : entry.prefix
    if (known.includes(name)) found.add(name)
    else find(foreign, name)
    if (foreign.count === maxForeign) break
  }
  const images = ['blobs/', 'manifests/'].filter(name => found.has(name))
  const counts = { foreign: foreign.count }
  if (images.length === 0) {
    return {
      state: found.size > 0 ? 'note' : 'warning',
      message: 'it holds no image',
      ...(found.size > 0 ? {} : { hint: 'is it the right bucket, and the right prefix?' }),
      counts,
      names: foreign.names,
    }
  }
  if (foreign.count === 0) return { state: 'ok', message: `it holds ${images.join(' and ')}`, counts }
  const many = foreign.count === maxForeign ? `${maxForeign} or more` : `${foreign.count}`
  return {
    state: 'note',
    message: `${many} names at the top do not belong to the layout; they are left alone`,
    counts,
    names: foreign.names,
  }
}
