import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ObjectStore, openStore } from '../../src/stores/index.ts'

const worker = join(import.meta.dirname, 'local-store-worker.ts')
const names = ['1', '2', '3', '4']

let root: string
let store: ObjectStore
const children = new Set<ChildProcess>()
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lading-processes-'))
  store = await openStore({ scheme: 'local', root })
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(root, { recursive: true })
})

function start(task: string, name: string): ChildProcess {
  const child = spawn(process.execPath, [worker, root, task, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Runs the task in all processes at once and gives what each printed. */
async function runAll(task: string): Promise<string[]> {
  return await Promise.all(
    names.map(async name => {
      const child = start(task, name)
      let output = ''
      child.stdout?.on('data', data => {
        output += data
      })
      const [code] = await once(child, 'close')
      expect(code).toBe(0)
      return output
    }),
  )
}

async function contentOf(key: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync((await store.get(key)).body))
}

async function keysBelow(prefix: string): Promise<string[]> {
  return await Array.fromAsync(store.list(prefix), entry => (entry.kind === 'object' ? entry.info.key : entry.prefix))
}

const encode = (text: string) => new TextEncoder().encode(text)

describe('several processes on one local store', () => {
  test('create each object once, and the winner’s content stays', async () => {
    const won: number[][] = (await runAll('create')).map(output => JSON.parse(output))
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i))
    for (const [i, numbers] of won.entries()) {
      for (const number of numbers) expect((await contentOf(`created/${number}`)).toString()).toBe(names[i])
    }
  })

  test('count together without losing a number', async () => {
    await store.put('count', encode('0'))
    await runAll('count')
    expect((await contentOf('count')).toString()).toBe(String(15 * names.length))
  })

  test('put and delete in the same directories without an error', async () => {
    await runAll('put-and-delete')
    expect(await keysBelow('neighbours/')).toEqual(['neighbours/same'])
    expect(await readdir(root)).not.toContain('lading')
  })

  test('are killed at any moment: no half object is seen, and the next writer is not stopped', async () => {
    const whole = (content: Buffer) => content.equals(Buffer.alloc(1_500_000, content[0]))
    for (let round = 0; round < 5; round++) {
      const running = names.map(name => start('overwrite', name))
      await Promise.all(running.map(child => child.stdout && once(child.stdout, 'data')))
      for (const child of running) {
        await sleep(Math.random() * 15)
        child.kill('SIGKILL')
        await once(child, 'exit')
        expect(whole(await contentOf('victim/replaced'))).toBe(true)
      }
      const created = await keysBelow('victim/created/')
      for (const key of created) {
        if (!whole(await contentOf(key))) expect.fail(`${key} is not whole`)
        await store.delete(key)
      }
      // Four dead processes' locks may be in the way of these.
      await store.put('victim/replaced', encode('from the survivor'))
      await store.put('victim/created/next', encode('from the survivor'), { ifNoneMatch: '*' })
      expect((await contentOf('victim/replaced')).toString()).toBe('from the survivor')
      await store.delete('victim/created/next')
    }
    const fresh = await openStore({ scheme: 'local', root })
    await fresh.put('sweeps', encode('x'))
    expect(await readdir(join(root, 'lading/tmp'))).toEqual([])
  })
})
