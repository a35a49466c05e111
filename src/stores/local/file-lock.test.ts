import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireLock, type LockOptions } from './file-lock.ts'
import { currentProcess } from './process-identity.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-lock-'))
  path = join(directory, 'lock')
})
afterEach(() => rm(directory, { recursive: true }))

let drafts = 0
const options = (more: Partial<LockOptions> = {}): LockOptions => ({
  draft: async () => join(directory, `draft-${drafts++}`),
  within: step => step(),
  ...more,
})

/** What a process that has ended left. */
async function deadLock(token = 'dead'): Promise<string> {
  const { pid } = spawnSync(process.execPath, ['-e', '0'])
  return JSON.stringify({ ...(await currentProcess()), pid, started: '1', token, created: '' })
}

describe('a lock', () => {
  test('is held by one at a time, and leaves no file', async () => {
    let holders = 0
    const hold = async () => {
      await using lock = await acquireLock(path, options())
      expect(++holders).toBe(1)
      await lock.renew()
      await sleep(1)
      holders--
    }
    await Promise.all(Array.from({ length: 12 }, hold))
    expect(await readdir(directory)).toEqual([])
  })

  test('of a process that has ended is broken at once, by many without ever two holders', async () => {
    let holders = 0
    for (let round = 0; round < 5; round++) {
      await writeFile(path, await deadLock(String(round)))
      const hold = async () => {
        await using _lock = await acquireLock(path, options())
        expect(++holders).toBe(1)
        await sleep(1)
        holders--
      }
      await Promise.all(Array.from({ length: 8 }, hold))
    }
    expect(await readdir(directory)).toEqual([])
  })

  test('is broken although an earlier breaker, and the breaker of that one, were killed', async () => {
    for (const suffix of ['', '.break', '.break.break']) await writeFile(path + suffix, await deadLock(suffix))
    await using _lock = await acquireLock(path, options())
    expect(await readdir(directory)).toEqual(['lock'])
  })

  test.each([
    ['a record that nobody can read', async () => 'not a record'],
    ['an empty record', async () => ''],
    ['the record of another machine', async () => (await deadLock()).replace(/"machine":"/, '"machine":"other ')],
  ])('with %s is broken when it stood unchanged for long enough', async (_, record) => {
    await writeFile(path, await record())
    await using lock = await acquireLock(path, options({ patienceMs: 50 }))
    await lock.renew()
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject(await currentProcess())
  })

  test('of another machine is left alone, though no process here has its id', async () => {
    await writeFile(path, (await deadLock()).replace(/"machine":"/, '"machine":"other '))
    const waiting = acquireLock(path, options({ signal: AbortSignal.timeout(60) }))
    await expect(waiting).rejects.toMatchObject({ cause: { name: 'TimeoutError' } })
  })

  test('is not broken while its holder renews it', async () => {
    const lock = await acquireLock(path, options({ patienceMs: 800 }))
    let waited = true
    const next = acquireLock(path, options({ patienceMs: 800 })).then(async second => {
      waited = false
      await second[Symbol.asyncDispose]()
    })
    for (let i = 0; i < 36; i++) {
      await sleep(25)
      await lock.renew()
      expect(waited).toBe(true)
    }
    await lock[Symbol.asyncDispose]()
    await next
  })

  test('that was broken is not renewed, and its release leaves the lock of the next one alone', async () => {
    const late = await acquireLock(path, options({ patienceMs: 1 }))
    const next = await acquireLock(path, options({ patienceMs: 1 }))
    await sleep(5)
    await expect(late.renew()).rejects.toMatchObject({ code: 'io' })
    const held = await readFile(path, 'utf8')
    // The late one waits for .break, breaks nothing of others, and finds that the lock is not its own.
    await late[Symbol.asyncDispose]()
    expect(await readFile(path, 'utf8')).toBe(held)
    await next[Symbol.asyncDispose]()
    expect(await readdir(directory)).toEqual([])
  })

  test('is waited for until the signal says otherwise', async () => {
    await using _lock = await acquireLock(path, options())
    const controller = new AbortController()
    const waiting = acquireLock(path, options({ signal: controller.signal }))
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(directory)).toEqual(['lock'])
  })
})
