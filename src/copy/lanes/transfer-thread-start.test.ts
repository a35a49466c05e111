import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { serveBlob } from '../../../test/lanes/blob-server.ts'
import { newEmptyFile } from '../../../test/lanes/try-download.ts'
import { temporaryFolder } from '../../../test/services/temporary-folder.ts'
import type { RequestEvent } from '../../http/index.ts'
import { digestOf } from '../../model/digest.ts'
import { openLanes } from './lanes.ts'
import { type TransferListener, TransferThreads, type TransferThreadsOptions } from './transfer-threads.ts'

const content = randomBytes(5 * 1024 * 1024)
const never = new AbortController().signal
const listener: TransferListener = { progress: () => {}, retried: () => {}, relocate: async () => undefined }

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]()
})

function openThreads(options: TransferThreadsOptions): TransferThreads {
  const threads = new TransferThreads(options)
  opened.push(threads)
  return threads
}

const taskOf = (url: string) => ({
  kind: 'download' as const,
  request: { url, headers: {}, tlsVerify: true, route: undefined },
  digest: digestOf(content),
  size: content.byteLength,
  path: newEmptyFile(),
})

async function script(text: string): Promise<URL> {
  const file = path.join(temporaryFolder(), `thread-${randomBytes(4).toString('hex')}.mjs`)
  await writeFile(file, text)
  return pathToFileURL(file)
}

describe('threads that cannot be started', () => {
  test.each<[string, () => Promise<URL>, RegExp]>([
    ['since there is no such file', async () => pathToFileURL('/nowhere/at/all.mjs'), /nowhere/],
    ['since they fail at once', () => script('throw new Error("planted")'), /^planted$/],
    ['since they end at once', () => script('process.exit(3)'), /ended with 3/],
    ['by the system', async () => new URL('https://127.0.0.1/thread.mjs'), /file/],
  ])('%s decline everything, and say so once', async (_, file, why) => {
    const heard: string[] = []
    const threads = openThreads({ file: await file(), onUnavailable: reason => heard.push(reason) })
    const tasks = Array.from({ length: 3 }, () => threads.move(taskOf('http://127.0.0.1:1'), listener, never))
    for (const outcome of await Promise.all(tasks)) expect(outcome).toEqual({ kind: 'declined', why: heard[0] })
    expect(heard).toEqual([expect.stringMatching(why)])
    expect(await threads.move(taskOf('http://127.0.0.1:1'), listener, never)).toMatchObject({ kind: 'declined' })
    expect(heard).toHaveLength(1)
  })

  test('are not there any more for who asks the lanes', async () => {
    const onUnavailable = vi.fn()
    const lanes = openLanes({}, { file: await script('throw new Error("planted")'), onUnavailable })
    opened.push(lanes)
    const threads = await lanes.threads?.()
    expect(await threads?.move(taskOf('http://127.0.0.1:1'), listener, never)).toMatchObject({ kind: 'declined' })
    expect([lanes.threads, onUnavailable.mock.calls]).toEqual([undefined, [['planted']]])
  })
})

test('a thread that dies later is an error, and what comes then is moved by another', async () => {
  const file = await script(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ type, id }) => {
      // whoever answers has heard before that it is ready
      if (type === 'answer') throw new Error('planted')
      parentPort.postMessage({ type: 'question', id, number: 1, question: { kind: 'relocate' } })
    })
    parentPort.postMessage({ type: 'ready' })`)
  const onUnavailable = vi.fn()
  const threads = openThreads({ file, onUnavailable })
  for (let round = 0; round < 2; round++) {
    const moving = threads.move(taskOf('http://127.0.0.1:1'), listener, never)
    await expect(moving).rejects.toMatchObject({ code: 'internal', cause: { message: 'planted' } })
  }
  expect(onUnavailable).not.toHaveBeenCalled()
})

describe('every request of a thread is heard of', () => {
  test('with what was answered, and without secrets', async () => {
    const blob = await serveBlob(content, ({ nth }, response) => {
      if (nth > 1) return false
      response.writeHead(503, { 'content-length': 0, 'retry-after': '0' }).end()
      return true
    })
    const events: RequestEvent[] = []
    const threads = openThreads({ onRequest: event => events.push(event) })
    expect(await threads.move(taskOf(`${blob.url}?X-Amz-Signature=secret`), listener, never)).toEqual({ kind: 'done' })
    const heard = { method: 'GET', url: expect.stringMatching(/blob/), milliseconds: expect.any(Number) }
    expect(events).toEqual([
      { ...heard, status: 503 },
      { ...heard, status: 200 },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  test('and those that fail', async () => {
    const events: RequestEvent[] = []
    const threads = openThreads({ onRequest: event => events.push(event) })
    expect(await threads.move(taskOf('http://127.0.0.1:1/blob'), listener, never)).toMatchObject({ kind: 'failed' })
    expect(events).toHaveLength(5)
    expect(events[0]).toMatchObject({ method: 'GET', failure: '127.0.0.1:1 refuses connections' })
  })

  test('and a listener that throws fails what is moved', async () => {
    const blob = await serveBlob(content, () => false, { bytesPerTick: 1024 })
    const failure = new Error('planted')
    const threads = openThreads({
      onRequest() {
        throw failure
      },
    })
    await expect(threads.move(taskOf(blob.url), listener, never)).rejects.toBe(failure)
  })
})

test('a server that answers 503 is asked once where nothing is to be tried again', async () => {
  const blob = await serveBlob(content, (_, response) => {
    response.writeHead(503, { 'content-length': 0 }).end()
    return true
  })
  const outcome = await openThreads({ retryRequests: false }).move(taskOf(blob.url), listener, never)
  expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'server-error', status: 503 } })
  expect(blob.questions).toHaveLength(1)
})
