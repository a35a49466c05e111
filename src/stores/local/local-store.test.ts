import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { objectStoreSuite } from '../../testing/object-store-suite.ts'
import { memoryStore, type ObjectStore, openStore } from '../index.ts'
import { temporaryName } from './temporary-file.ts'

const directory = await mkdtemp(join(tmpdir(), 'lading-local-store-'))
afterAll(() => rm(directory, { recursive: true }))

let opened = 0
async function openFresh(): Promise<{ root: string; store: ObjectStore }> {
  const root = join(directory, String(opened++))
  return { root, store: await openStore({ scheme: 'local', root }) }
}

objectStoreSuite({ describe, test }, { name: 'local', open: async () => (await openFresh()).store })

const text = (content: string) => new TextEncoder().encode(content)
const large = Buffer.alloc(6 * 1024 * 1024, 'x')

async function keysOf(store: ObjectStore): Promise<string[]> {
  const entries = await Array.fromAsync(store.list(''))
  return entries.map(entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
}

describe('a directory as a store', () => {
  test('is made by the first write, not by a look into it', async () => {
    const { root, store } = await openFresh()
    expect(await store.head('a')).toBeUndefined()
    expect(await keysOf(store)).toEqual([])
    await store.delete('a')
    await expect(readdir(root)).rejects.toThrow('ENOENT')
    await store.put('a', text('x'))
    expect(await readdir(root)).toEqual(['a', 'lading'])
  })

  test('keeps nothing of writes that ended, well or not', async () => {
    const { root, store } = await openFresh()
    await store.put('a', text('1'))
    await store.put('a', text('2'))
    await store.put('b', text('1'), { ifNoneMatch: '*' })
    await expect(store.put('b', text('2'), { ifMatch: 'other' })).rejects.toThrow()
    const failing = {
      async *open() {
        yield large
        throw new Error('no more')
      },
    }
    await expect(store.put('c', failing)).rejects.toThrow('no more')
    await store.delete('b')
    expect(await readdir(join(root, 'lading/tmp'))).toEqual([])
    expect(await readdir(join(root, 'lading/locks'))).toEqual([])
  })

  test('removes what killed writers left, and nothing else, at its first write', async () => {
    const { root, store } = await openFresh()
    const temporary = join(root, 'lading/tmp')
    await mkdir(temporary, { recursive: true })
    const own = await temporaryName()
    const { pid: deadPid } = spawnSync(process.execPath, ['-e', '0'])
    const dead = own.replace(`-${process.pid}-`, `-${deadPid}-`)
    const elsewhere = own.replace(/^[^-]*/, '00000000')
    const old = `${elsewhere}1`
    for (const name of [own, dead, elsewhere, old]) await writeFile(join(temporary, name), 'x')
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000)
    await utimes(join(temporary, old), longAgo, longAgo)
    await store.put('a', text('x'))
    expect((await readdir(temporary)).sort()).toEqual([own, elsewhere].sort())
  })

  test('lists what others keep under lading/, but not its own workshop', async () => {
    const { root, store } = await openFresh()
    await store.put('lading/leases/x', text('x'))
    await writeFile(join(root, 'lading/tmp/y'), 'y')
    expect(await keysOf(store)).toEqual(['lading/leases/x'])
    const folded = await Array.fromAsync(store.list('lading/', { delimiter: '/' }))
    expect(folded).toEqual([{ kind: 'prefix', prefix: 'lading/leases/' }])
  })

  test('loses the directories that a delete leaves empty, but not blobs/ and manifests/', async () => {
    const { root, store } = await openFresh()
    await store.put('manifests/team/app/v1/manifest.json', text('x'))
    await store.put('manifests/team/other/v1/manifest.json', text('x'))
    await store.delete('manifests/team/app/v1/manifest.json')
    expect(await readdir(join(root, 'manifests/team'))).toEqual(['other'])
    await store.delete('manifests/team/other/v1/manifest.json')
    expect(await readdir(join(root, 'manifests'))).toEqual([])
  })

  test('compares the content of objects of any size', async () => {
    const { store } = await openFresh()
    await store.put('large', large)
    const etag = createHash('sha256').update(large).digest('hex')
    await expect(store.put('large', text('x'), { ifMatch: 'other' })).rejects.toMatchObject({
      code: 'precondition-failed',
    })
    await expect(store.get('large', { ifMatch: 'other' })).rejects.toMatchObject({ code: 'precondition-failed' })
    const { info, body } = await store.get('large', { ifMatch: etag })
    await body[Symbol.asyncIterator]().return?.()
    expect(info.etag).toBe(etag)
    const asked = await store.get('large', { needsEtag: true })
    await asked.body[Symbol.asyncIterator]().return?.()
    expect(asked.info.etag).toBe(etag)
    await store.put('large', text('x'), { ifMatch: etag })
    expect((await store.head('large'))?.size).toBe(1)
  })

  test('says so when a file is cut short while it is read', async () => {
    const { root, store } = await openFresh()
    await store.put('large', large)
    const { body } = await store.get('large')
    const read = async () => {
      for await (const _ of body) await truncate(join(root, 'large'), 1024 * 1024)
    }
    await expect(read()).rejects.toMatchObject({ code: 'io', message: 'the file became shorter while it was read' })
  })

  test('says what a file system refuses', async () => {
    const { root, store } = await openFresh()
    await store.put('a', text('x'))
    await expect(store.put('a/b', text('x'))).rejects.toMatchObject({ code: 'io', subject: `local://${root}//a/b` })
    await expect(store.put('x'.repeat(300), text('x'))).rejects.toMatchObject({
      code: 'io',
      message: 'the name is too long for this file system',
    })
    await store.put('d/e', text('x'))
    await expect(store.put('d', text('x'))).rejects.toMatchObject({ code: 'io' })
    await expect(store.put('d', text('x'), { ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'io' })
  })

  describe('follows no symbolic link below its root', () => {
    const outside = join(directory, 'outside')

    async function openLinked() {
      const { root, store } = await openFresh()
      await mkdir(join(outside, 'sha256'), { recursive: true })
      await writeFile(join(outside, 'secret'), 'secret')
      await store.put('plain', text('x'))
      await symlink(outside, join(root, 'blobs'))
      await symlink(join(outside, 'secret'), join(root, 'link'))
      return store
    }

    test.each(['blobs/secret', 'blobs/sha256/new', 'blobs/new/deep', 'link'])('for %s', async key => {
      const store = await openLinked()
      const refused = { code: 'bad-layout', hint: expect.stringContaining('plain files') }
      await expect(store.get(key)).rejects.toMatchObject(refused)
      await expect(store.head(key)).rejects.toMatchObject(refused)
      if (key !== 'link') {
        await expect(store.put(key, text('x'))).rejects.toMatchObject(refused)
        await expect(store.delete(key)).rejects.toMatchObject(refused)
      }
      expect((await readdir(outside)).sort()).toEqual(['secret', 'sha256'])
      expect(await readdir(join(outside, 'sha256'))).toEqual([])
    })

    test('when it lists', async () => {
      expect(await keysOf(await openLinked())).toEqual(['plain'])
    })

    test('but its root may be one', async () => {
      const { root, store } = await openFresh()
      await store.put('a', text('x'))
      const link = join(directory, `link-to-${basename(root)}`)
      await symlink(root, link)
      expect(await keysOf(await openStore({ scheme: 'local', root: link }))).toEqual(['a'])
    })
  })

  test.skipIf(process.platform !== 'linux')('closes every file it opened', async () => {
    const { store } = await openFresh()
    const handles = async () => (await readdir('/proc/self/fd')).length
    await store.put('large', large)
    await store.put('small', text('x'))
    const before = await handles()
    for (const key of ['large', 'small']) {
      for await (const _ of (await store.get(key)).body) break
      for await (const _ of (await store.get(key, { range: { start: 0, end: 1 } })).body);
      await (await store.get(key)).body[Symbol.asyncIterator]().return?.()
      await expect(store.get(key, { ifMatch: 'other' })).rejects.toThrow()
      await expect(store.get(key, { range: { start: 0, end: 10_000_000 } })).rejects.toThrow()
      await store.head(key)
    }
    expect(await handles()).toBe(before)
  })

  test('lists any keys as the memory store does', async () => {
    const part = fc.string({
      unit: fc.constantFrom('a', 'b', '.', '-', '0', 'é', '！', '😀'),
      minLength: 2,
      maxLength: 3,
    })
    const key = fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/'))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), key, key, async (keys, prefix, startAfter) => {
        const usable = keys.filter(
          one => !one.split('/').includes('..') && !keys.some(other => other.startsWith(`${one}/`)),
        )
        fc.pre(!prefix.split('/').includes('..'))
        const { store: local } = await openFresh()
        const memory = memoryStore()
        for (const one of usable) for (const store of [local, memory]) await store.put(one, new Uint8Array())
        const shown = (store: ObjectStore, from: string, options: object) =>
          Array.fromAsync(store.list(from, options), entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
        for (const from of ['', [...prefix][0] ?? '', prefix]) {
          for (const options of [{}, { delimiter: '/' }, { startAfter }, { delimiter: '/', startAfter }]) {
            expect(await shown(local, from, options)).toEqual(await shown(memory, from, options))
          }
        }
      }),
      { numRuns: 30 },
    )
  })
})
