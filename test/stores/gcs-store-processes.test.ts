import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../src/stores/index.ts'
import { usualPartBytes } from '../../src/stores/parts/part-size.ts'
import { type FakeGcs, startFakeGcs } from '../../src/testing/fake-gcs.ts'

const worker = join(import.meta.dirname, 'gcs-store-worker.ts')
const children = new Set<ChildProcess>()

let gcs: FakeGcs
beforeEach(async () => {
  gcs = await startFakeGcs()
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await gcs[Symbol.asyncDispose]()
})

function start(task: string, name: string): ChildProcess {
  const env = { ...process.env, STORAGE_EMULATOR_HOST: gcs.url }
  const child = spawn(process.execPath, [worker, task, name], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

describe('processes at Google Cloud Storage', () => {
  test('one goes on with the upload of another that was killed, and sends only what is missing', async () => {
    const child = start('upload', '')
    const upload = () => gcs.bucket('bucket').multiparts.values().next().value
    while ((upload()?.parts.size ?? 0) < 3) await sleep(10)
    child.kill('SIGKILL')
    await once(child, 'exit')
    gcs.requests.length = 0
    const part = Buffer.alloc(usualPartBytes, 'x')
    const body = {
      size: 4 * part.length,
      async *open() {
        for (let i = 0; i < 4; i++) yield part
      },
    }
    await using store = await openStore({ scheme: 'gs', root: 'bucket', endpoint: gcs.url })
    await store.put('blobs/large', body, { content: `sha256:${'1'.repeat(64)}` })
    const sent = gcs.requests
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => /partNumber=(\d+)/.exec(path)?.[1])
    expect([sent, gcs.bucket('bucket').multiparts.size]).toEqual([['4'], 0])
    expect(gcs.bucket('bucket').objects.get('blobs/large')?.content.length).toBe(body.size)
  })

  test('create each object once, and the winner’s content stays', async () => {
    const names = ['1', '2', '3', '4']
    const won = await Promise.all(
      names.map(async name => {
        const child = start('create', name)
        let output = ''
        child.stdout?.on('data', data => {
          output += data
        })
        const [code] = await once(child, 'close')
        expect(code).toBe(0)
        return JSON.parse(output) as number[]
      }),
    )
    expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
    for (const [i, numbers] of won.entries()) {
      for (const number of numbers)
        expect(gcs.bucket('bucket').objects.get(`created/${number}`)?.content.toString()).toBe(names[i])
    }
  })
})
