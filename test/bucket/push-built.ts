import type { OpenedResult } from '../../src/copy/copy-opened.ts'
import { copyOpened } from '../../src/copy/copy-opened.ts'
import type { CopyOptions } from '../../src/copy/copy-options.ts'
import { lendStore, type ObjectStore, openStore } from '../../src/stores/index.ts'
import { type BuiltImage, buildImage } from '../../src/testing/build-image.ts'
import { memorySource } from '../../src/testing/memory-image.ts'
import { bucketDestination } from '../../src/transports/bucket/destination.ts'

/** A small image that nothing else is like: one layer of this text. */
export function imageOf(text: string): BuiltImage {
  return buildImage({ layers: [new TextEncoder().encode(text)] })
}

/** Pushes through the engine, as a command does. The store stays open. */
export async function pushBuilt(
  store: ObjectStore,
  name: string,
  image: BuiltImage,
  options: CopyOptions = {},
): Promise<OpenedResult> {
  const colon = name.lastIndexOf(':')
  const at = { name: `test://${name}`, image: name.slice(0, colon), tag: name.slice(colon + 1) }
  await using to = bucketDestination(lendStore(store), at)
  return await copyOpened(memorySource(image), to, { ...options, jobs: 4, guard: undefined }, () => {})
}

/** The same into a directory. */
export async function pushToFolder(root: string, name: string, text: string): Promise<string> {
  await using store = await openStore({ scheme: 'local', root })
  return (await pushBuilt(store, name, imageOf(text))).digest
}
