import { type ObjectStore, openStore } from '../../stores/index.ts'

/** A layout is files under a directory, written as a bucket's objects are: whole, durable, and index.json by compare-and-swap. */
export function openLayoutStore(path: string): Promise<ObjectStore> {
  return openStore({ scheme: 'local', root: path })
}
