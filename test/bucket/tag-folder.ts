import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { listImages, tagHistory } from '../../src/bucket/index.ts'
import { readHistory, tagKeys } from '../../src/layout/index.ts'
import { type ObjectStore, openStore } from '../../src/stores/index.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { imageOf, pushToFolder } from './push-built.ts'

/** A bucket in a new folder, for tests of what becomes of its tags. */
export async function tagFolder() {
  const root = await mkdtemp(path.join(temporaryFolder(), 'tags-'))
  const ref = (name: string) => `local://${root}//${name}`
  const within = async <T>(use: (store: ObjectStore) => Promise<T>): Promise<T> => {
    await using store = await openStore({ scheme: 'local', root })
    return await use(store)
  }
  const put = (key: string, text: string) => within(store => store.put(key, new TextEncoder().encode(text)))
  return {
    root,
    ref,
    within,
    put,
    /** Pushes an image that nothing else is like, whose one layer is the text. */
    push: (name: string, text: string) => pushToFolder(root, name, text),
    names: () => Array.fromAsync(listImages(ref('')), ({ image, tag }) => `${image}:${tag}`),
    held: async (name: string) => (await tagHistory(ref(name))).digest,
    pushed: async (name: string) => (await tagHistory(ref(name))).pushes.map(({ digest }) => digest),
    /** Makes the pushes older: an entry of the same digest and second is the same one. */
    async age(image: string, tag: string): Promise<void> {
      const { history } = tagKeys(image, tag)
      const entries = await within(store => readHistory(store, history))
      await put(history, JSON.stringify(entries.map(entry => ({ ...entry, pushed_at: '2026-01-02T03:04:05Z' }))))
    },
  }
}

export const digestOfText = (text: string) => imageOf(text).root.digest

export const layerOfText = (text: string) => imageOf(text).blobs.keys().next().value ?? digestOfText(text)
