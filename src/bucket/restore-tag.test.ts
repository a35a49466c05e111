import { expect, test } from 'vitest'
import { imageOf, pushBuilt } from '../../test/bucket/push-built.ts'
import { watchedStore } from '../../test/bucket/watched-store.ts'
import { LadingError } from '../errors/index.ts'
import { deleteTag, newestTrashOf, readHistory, readTag, tagKeys } from '../layout/index.ts'
import { memoryStore } from '../stores/index.ts'
import { restoreWithin } from './restore-tag.ts'

const tag = { name: 'memory://app:v1', image: 'app', tag: 'v1' }
const keys = tagKeys('app', 'v1')

test('killed before any of its steps, a restore leaves the trash or the whole tag; done again, it is finished', async () => {
  for (let killedAt = 0, ended = false; !ended; killedAt++) {
    const store = memoryStore()
    for (const text of ['one', 'two']) await pushBuilt(store, 'app:v1', imageOf(text))
    const entries = (await readHistory(store, keys.history)).map(one => ({ ...one, pushed_at: '2026-01-02T03:04:05Z' }))
    await store.put(keys.history, new TextEncoder().encode(JSON.stringify(entries)))
    await store.put(`${keys.signatures}k1.json`, new TextEncoder().encode('a signature'))
    await deleteTag(store, { image: 'app', tag: 'v1', immutable: false, keepTrash: true })
    const dying = watchedStore(store, async call => {
      if (call >= killedAt) throw new LadingError('io', 'killed')
    })
    ended = await restoreWithin(dying, tag, {}).then(
      () => true,
      () => false,
    )
    const signed = async () => (await store.head(`${keys.signatures}k1.json`)) !== undefined
    const trashed = await newestTrashOf(store, 'app', 'v1')
    if ((await readTag(store, 'app', 'v1')) !== undefined) expect(await signed()).toBe(true)
    else expect(trashed?.objects.size).toBe(4)
    if (trashed !== undefined) await restoreWithin(store, tag, {})
    expect((await readTag(store, 'app', 'v1'))?.digest).toBe(imageOf('two').root.digest)
    const digests = (await readHistory(store, keys.history)).map(({ digest }) => digest)
    expect(digests).toEqual(['two', 'two', 'one'].map(text => imageOf(text).root.digest))
    expect(await signed()).toBe(true)
  }
})
