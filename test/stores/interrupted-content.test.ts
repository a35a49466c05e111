import { randomBytes } from 'node:crypto'
import { link, mkdtemp, open, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { verifiedBytes } from '../../src/copy/verified-bytes.ts'
import { LadingError } from '../../src/errors/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { type ObjectStore, openStore } from '../../src/stores/index.ts'
import type { Bytes } from '../../src/streams/index.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

let root: string
let store: ObjectStore
beforeEach(async () => {
  root = await mkdtemp(join(temporaryFolder(), 'interrupted-'))
  store = await openStore({ scheme: 'local', root })
})

describe('content that is large', () => {
  const mib = 1024 * 1024
  const large = randomBytes(20 * mib)
  const content = digestOf(large)
  const key = `blobs/${content.replace(':', '/')}`
  const expected = { digest: content, size: large.byteLength }

  /** Its bytes, of a source that breaks off for good after so many. Tells where it was read from. */
  function bytesUpTo(end: number, starts: number[] = []): Bytes {
    return verifiedBytes(expected, {
      blame: {},
      async *open(from) {
        starts.push(from)
        for (let at = from; at < end; at += mib) yield large.subarray(at, Math.min(end, at + mib))
        if (end < large.byteLength) throw new LadingError('network', 'planted')
      },
      retry: error => Promise.reject(error),
      passed: () => {},
    })
  }

  const partly = () => readdir(join(root, 'lading/tmp'))

  test('is gone on with where it broke off', async () => {
    await expect(store.put(key, bytesUpTo(12 * mib), { content })).rejects.toThrow('planted')
    expect(await partly()).toHaveLength(1)
    const starts: number[] = []
    await store.put(key, bytesUpTo(large.byteLength, starts), { content })
    expect((await readFile(join(root, key))).equals(large)).toBe(true)
    // One piece was held back until the next proves right, and one waited to be written.
    expect(starts).toEqual([10 * mib])
    await store[Symbol.asyncDispose]()
    await expect(partly()).rejects.toThrow('ENOENT')
  })

  test('is begun anew where what was left is damaged', async () => {
    await expect(store.put(key, bytesUpTo(12 * mib), { content })).rejects.toThrow('planted')
    const [name = ''] = await partly()
    await using handle = await open(join(root, 'lading/tmp', name), 'r+')
    await handle.write('?', 5)
    const whole = bytesUpTo(large.byteLength)
    await expect(store.put(key, whole, { content })).rejects.toMatchObject({ code: 'digest-mismatch' })
    await store.put(key, whole, { content })
    expect((await readFile(join(root, key))).equals(large)).toBe(true)
  })

  test('is not read to its end where somebody interrupts', async () => {
    await expect(store.put(key, bytesUpTo(12 * mib), { content })).rejects.toThrow('planted')
    const stop = new AbortController()
    const reason = new Error('interrupted')
    let recalled = 0
    const body: Bytes = {
      ...bytesUpTo(large.byteLength),
      resumption: {
        async recall(beginning) {
          for await (const chunk of beginning) {
            recalled += chunk.byteLength
            stop.abort(reason)
          }
        },
      },
    }
    await expect(store.put(key, body, { content, signal: stop.signal })).rejects.toBe(reason)
    expect(recalled).toBeLessThan(10 * mib)
    expect(await partly()).toEqual([])
  })

  test('is not written to where what was left is a link, or has another name', async () => {
    await expect(store.put(key, bytesUpTo(12 * mib), { content })).rejects.toThrow('planted')
    const [name = ''] = await partly()
    const file = join(root, 'lading/tmp', name)
    await link(file, join(root, 'other'))
    await writeFile(join(root, 'victim'), 'mine')
    await symlink(join(root, 'victim'), file.replace(/-[0-9a-f]{16}\./, '-0000000000000000.'))
    await store.put(key, bytesUpTo(large.byteLength), { content })
    expect((await readFile(join(root, 'other'))).equals(large.subarray(0, 10 * mib))).toBe(true)
    expect(await readFile(join(root, 'victim'), 'utf8')).toBe('mine')
    expect((await readFile(join(root, key))).equals(large)).toBe(true)
  })

  test('leaves nothing where its bytes were wrong, and nothing of other objects', async () => {
    const wrong = verifiedBytes(expected, {
      blame: {},
      async *open() {
        yield Buffer.alloc(large.byteLength)
      },
      retry: error => Promise.reject(error),
      passed: () => {},
    })
    await expect(store.put(key, wrong, { content })).rejects.toMatchObject({ code: 'digest-mismatch' })
    await expect(store.put('an/object', bytesUpTo(12 * mib))).rejects.toThrow('planted')
    expect(await partly()).toEqual([])
  })

  test('that nobody has gone on with for a day is removed', async () => {
    await expect(store.put(key, bytesUpTo(12 * mib), { content })).rejects.toThrow('planted')
    const [name = ''] = await partly()
    const yesterday = new Date(Date.now() - 25 * 60 * 60_000)
    await utimes(join(root, 'lading/tmp', name), yesterday, yesterday)
    await using other = await openStore({ scheme: 'local', root })
    await other.put('an/object', Buffer.from('x'))
    expect(await partly()).toEqual([])
  })
})
