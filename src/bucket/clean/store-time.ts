import { randomUUID } from 'node:crypto'
import type { ObjectStore } from '../../stores/index.ts'

/** What is written to learn the time. It is deleted at once; what a killed run leaves is removed by the next clean. */
export const clockPrefix = 'lading/clock/'

/** What the store's own clock says, by which the ages of its objects are told. Writes an object, and deletes it. */
export async function readStoreTime(store: ObjectStore, signal?: AbortSignal): Promise<Date> {
  const key = clockPrefix + randomUUID()
  const remove = () => store.delete(key, { signal })
  const { modified } = await store.put(key, new Uint8Array(), { signal }).catch(async error => {
    // It may be there all the same.
    await remove().catch(() => {})
    throw error
  })
  await remove().catch(remove)
  return modified
}
