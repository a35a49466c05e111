import { isLadingError } from '../errors/index.ts'
import type { ObjectStore } from '../stores/index.ts'
import { afterLostRace, overVersion } from './lost-race.ts'
import type { StoredDocument } from './read-document.ts'

/** Reads an object, changes it and writes it back, again and again until nobody came between. A change to `undefined` writes nothing. */
export async function changeObject(
  store: ObjectStore,
  key: string,
  read: () => Promise<StoredDocument | undefined>,
  change: (old: Uint8Array | undefined) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const old = await read()
    const changed = await change(old?.bytes)
    if (changed === undefined) return
    try {
      await store.put(key, changed, { ...overVersion(old?.info), signal })
      return
    } catch (error) {
      if (!isLadingError(error, 'precondition-failed')) throw error
      await afterLostRace(attempt, error, signal)
    }
  }
}
